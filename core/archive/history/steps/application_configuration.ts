// The one row of settings: made empty where an export is older than the table, and its OCR modes in the words
// of version 3.

import type { RawJson } from "../../manifest/raw_record.ts";
import type { RecordStep, SetStep } from "../step.ts";
import { makeRecord } from "../edited_record.ts";

const MODEL = "paperless.applicationconfiguration";

/** The row of 2.3.0, all unset. Later steps add what came later. */
export const applicationConfiguration: SetStep = {
  since: "2.3.0",
  migration: "paperless.0001",
  models: [MODEL],
  reshape(few) {
    if (few.get(MODEL)) return undefined;
    const names = [
      "output_type",
      "pages",
      "language",
      "mode",
      "skip_archive_file",
      "image_dpi",
      "unpaper_clean",
      "deskew",
      "rotate_pages",
      "rotate_pages_threshold",
      "max_image_pixels",
      "color_conversion_strategy",
      "user_args",
    ];
    const fields = Object.fromEntries(names.map((name) => [name, "null"]));
    return { records: new Map([[MODEL, [makeRecord(MODEL, 1, fields)]]]) };
  },
};

const MODES: Readonly<Record<RawJson, RawJson>> = {
  '"skip"': '"auto"',
  '"skip_noarchive"': '"auto"',
};

const GENERATIONS: Readonly<Record<RawJson, RawJson>> = {
  '"never"': '"always"',
  '"with_text"': '"auto"',
  '"always"': '"never"',
};

/** `skip_archive_file` becomes `archive_file_generation`, which says when to make an archive, not when to
 * leave it out. */
export const archiveFileGeneration: RecordStep = {
  since: "3.0.0",
  migration: "paperless.0008",
  model: MODEL,
  change({ fields }) {
    if (!fields.has("skip_archive_file")) return undefined;
    const mode = fields.get("mode") ?? "null";
    const skip = fields.get("skip_archive_file") ?? "null";
    const generation = skip === "null"
      ? (mode === '"skip_noarchive"' ? '"never"' : "null")
      : GENERATIONS[skip];
    return {
      set: { mode: MODES[mode] ?? mode, archive_file_generation: generation ?? "null" },
      drop: ["skip_archive_file"],
      lost: generation === undefined
        ? [{ field: "skip_archive_file", reason: `${skip} is no value of it` }]
        : [],
    };
  },
};
