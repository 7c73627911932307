// The models of allauth's `account`: e-mail addresses of users. Never exported.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { boolean, char, datetime, foreignKey, id } from "./field.ts";
import { model } from "./model.ts";

/** `account_emailaddress` */
export const emailAddress = model("account.emailaddress", {
  table: "account_emailaddress",
  fields: [
    id,
    foreignKey("user", "auth.user", "cascade"),
    char("email", 254, { index: true }),
    boolean("verified", { default: { value: false } }),
    boolean("primary", { default: { value: false } }),
  ],
});

/** `account_emailconfirmation` */
export const emailConfirmation = model("account.emailconfirmation", {
  table: "account_emailconfirmation",
  fields: [
    id,
    foreignKey("email_address", "account.emailaddress", "cascade"),
    datetime("created", { default: "now" }),
    datetime("sent", { null: true }),
    char("key", 64, { unique: true }),
  ],
});
