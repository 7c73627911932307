// The models of paperless-ngx's app `paperless`: the one row of settings kept in the database.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import {
  boolean,
  char,
  file,
  float,
  id,
  json,
  positiveInteger,
  positiveSmallInteger,
} from "./field.ts";
import { model } from "./model.ts";

/** `paperless_applicationconfiguration` */
export const applicationConfiguration = model("paperless.applicationconfiguration", {
  table: "paperless_applicationconfiguration",
  fields: [
    id,
    char("output_type", 8, { null: true }),
    positiveInteger("pages", {
      null: true,
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    char("language", 32, { null: true }),
    char("mode", 16, { null: true }),
    char("archive_file_generation", 8, { null: true, since: "3.0" }),
    char("skip_archive_file", 16, { null: true, until: "3.0" }),
    positiveInteger("image_dpi", {
      null: true,
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    char("unpaper_clean", 16, { null: true }),
    boolean("deskew", { null: true }),
    boolean("rotate_pages", { null: true }),
    float("rotate_pages_threshold", { null: true }),
    float("max_image_pixels", { null: true }),
    char("color_conversion_strategy", 32, { null: true }),
    json("user_args", { null: true }),
    char("app_title", 48, { null: true }),
    file("app_logo", 100, { null: true }),
    boolean("barcodes_enabled", { null: true }),
    boolean("barcode_enable_tiff_support", { null: true }),
    char("barcode_string", 32, { null: true }),
    boolean("barcode_retain_split_pages", { null: true }),
    boolean("barcode_enable_asn", { null: true }),
    char("barcode_asn_prefix", 32, { null: true }),
    float("barcode_upscale", { null: true }),
    positiveInteger("barcode_dpi", {
      null: true,
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    positiveInteger("barcode_max_pages", {
      null: true,
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    boolean("barcode_enable_tag", { null: true }),
    json("barcode_tag_mapping", { null: true }),
    boolean("barcode_tag_split", { null: true, since: "3.0" }),
    boolean("ai_enabled", { null: true, default: { value: false }, since: "3.0" }),
    char("llm_embedding_backend", 128, { null: true, since: "3.0" }),
    char("llm_embedding_model", 128, { null: true, since: "3.0" }),
    char("llm_embedding_endpoint", 256, { null: true, since: "3.0" }),
    positiveSmallInteger("llm_embedding_chunk_size", { null: true, since: "3.0" }),
    positiveInteger("llm_context_size", { null: true, since: "3.0" }),
    char("llm_backend", 128, { null: true, since: "3.0" }),
    char("llm_model", 128, { null: true, since: "3.0" }),
    char("llm_api_key", 1024, { null: true, since: "3.0" }),
    char("llm_endpoint", 256, { null: true, since: "3.0" }),
    char("llm_output_language", 32, { null: true, since: "3.0" }),
    positiveSmallInteger("llm_request_timeout", { null: true, since: "3.0" }),
  ],
});
