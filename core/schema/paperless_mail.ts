// The models of paperless-ngx's app `paperless_mail`: accounts, rules, mails already processed.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import {
  boolean,
  char,
  datetime,
  foreignKey,
  id,
  integer,
  positiveInteger,
  text,
} from "./field.ts";
import { manyToMany, model } from "./model.ts";

/** `paperless_mail_mailaccount` */
export const mailAccount = model("paperless_mail.mailaccount", {
  table: "paperless_mail_mailaccount",
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("name", 256, { unique: true }),
    char("imap_server", 256),
    integer("imap_port", { null: true, changes: [{ since: "3.0", kind: "positiveInteger" }] }),
    positiveInteger("imap_security", {
      default: { value: 2 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    char("username", 256),
    text("password"),
    boolean("is_token", { default: { value: false } }),
    char("character_set", 256, { default: { value: "UTF-8" } }),
    positiveInteger("account_type", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    text("refresh_token", { null: true }),
    datetime("expiration", { null: true }),
  ],
});

/** `paperless_mail_mailrule` */
export const mailRule = model("paperless_mail.mailrule", {
  table: "paperless_mail_mailrule",
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("name", 256),
    integer("order", { default: { value: 0 }, changes: [{ since: "3.0", kind: "smallInteger" }] }),
    foreignKey("account", "paperless_mail.mailaccount", "cascade"),
    boolean("enabled", { default: { value: true } }),
    char("folder", 256, { default: { value: "INBOX" } }),
    char("filter_from", 256, { null: true }),
    char("filter_to", 256, { null: true }),
    char("filter_subject", 256, { null: true }),
    char("filter_body", 256, { null: true }),
    char("filter_attachment_filename_include", 256, { null: true }),
    char("filter_attachment_filename_exclude", 256, { null: true }),
    positiveInteger("maximum_age", {
      default: { value: 30 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    positiveInteger("attachment_type", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    positiveInteger("consumption_scope", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    positiveInteger("pdf_layout", {
      default: { value: 0 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    positiveInteger("action", {
      default: { value: 3 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    char("action_parameter", 256, { null: true }),
    positiveInteger("assign_title_from", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    foreignKey("assign_document_type", "documents.documenttype", "setNull", { null: true }),
    positiveInteger("assign_correspondent_from", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    foreignKey("assign_correspondent", "documents.correspondent", "setNull", { null: true }),
    boolean("assign_owner_from_rule", { default: { value: true } }),
    boolean("stop_processing", { default: { value: false }, since: "3.0" }),
  ],
  manyToMany: [
    manyToMany("paperless_mail.mailrule", "assign_tags", "documents.tag"),
  ],
});

/** `paperless_mail_processedmail` */
export const processedMail = model("paperless_mail.processedmail", {
  table: "paperless_mail_processedmail",
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    foreignKey("rule", "paperless_mail.mailrule", "cascade"),
    char("folder", 256),
    char("uid", 256),
    char("uid_validity", 64, { null: true, since: "3.0" }),
    char("subject", 256),
    datetime("received"),
    datetime("processed", { default: "now" }),
    char("status", 256),
    text("error", { null: true }),
  ],
});
