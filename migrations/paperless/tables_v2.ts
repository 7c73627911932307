// The tables of the app `paperless` as the migrations of 2.20.15 leave them, where 3.0.5 has others.

import { auto, boolean, char, float, json, positiveInteger, table } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables of 2.20.15. */
export const tablesV2: readonly Table[] = [
  table("paperless_applicationconfiguration", {
    id: auto(),
    output_type: char(8, { null: true }),
    pages: positiveInteger({ null: true }),
    language: char(32, { null: true }),
    mode: char(16, { null: true }),
    skip_archive_file: char(16, { null: true }),
    image_dpi: positiveInteger({ null: true }),
    unpaper_clean: char(16, { null: true }),
    deskew: boolean({ null: true }),
    rotate_pages: boolean({ null: true }),
    rotate_pages_threshold: float({ null: true }),
    max_image_pixels: float({ null: true }),
    color_conversion_strategy: char(32, { null: true }),
    user_args: json({ null: true }),
    app_logo: char(100, { null: true }),
    app_title: char(48, { null: true }),
    barcode_asn_prefix: char(32, { null: true }),
    barcode_dpi: positiveInteger({ null: true }),
    barcode_enable_asn: boolean({ null: true }),
    barcode_enable_tag: boolean({ null: true }),
    barcode_enable_tiff_support: boolean({ null: true }),
    barcode_max_pages: positiveInteger({ null: true }),
    barcode_retain_split_pages: boolean({ null: true }),
    barcode_string: char(32, { null: true }),
    barcode_tag_mapping: json({ null: true }),
    barcode_upscale: float({ null: true }),
    barcodes_enabled: boolean({ null: true }),
  }),
];
