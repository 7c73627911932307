// Makes a small but complete library on disk, made of nothing but our own files: a row in every table, real
// documents, right checksums. What only hostile or unlucky libraries hold is planted on demand.

import { DatabaseSync } from "node:sqlite";
import type { Generation } from "../core/schema/model.ts";
import type { Settings } from "../core/settings/settings.ts";
import { createLibrary, registerRegexp } from "../migrations/create_library.ts";
import { random } from "./_random.ts";
import type {
  SampleContext,
  SampleDocument,
  SampleObjects,
  SpecialCase,
} from "./_sample/context.ts";
import { writeDocuments } from "./_sample/documents.ts";
import { ModelWriter } from "./_sample/model_writer.ts";
import { writeAround, writeObjects } from "./_sample/objects.ts";
import { PLANTERS } from "./_sample/special_cases.ts";
import { writeMedia } from "./_sample/write_document.ts";
import { tinyPng } from "./_tiny_files.ts";

export { SPECIAL_CASES } from "./_sample/context.ts";
export type { SampleDocument, SpecialCase } from "./_sample/context.ts";
export { SAMPLE_PASSWORD, SAMPLE_SECRETS } from "./_sample/objects.ts";
export {
  HOSTILE_FILENAMES,
  HOSTILE_TITLES,
  ODD_FLOATS,
  ODD_JSON,
  ODD_NUMBERS,
} from "./_sample/special_cases.ts";

/** What a sample library is like. */
export interface SampleLibraryOptions {
  readonly generation: Generation;
  /** Ordinary documents; one more lies in the trash, and v3 has a version of the first. @default {12} */
  readonly documents?: number;
  /** @default {1} */
  readonly seed?: number;
  /** @default none */
  readonly special?: readonly SpecialCase[];
}

/** A library on disk. */
export interface SampleLibrary {
  readonly generation: Generation;
  readonly dataDir: string;
  readonly mediaRoot: string;
  readonly databasePath: string;
  /** Every document, in the order of their ids: trash, versions and special ones included. */
  readonly documents: readonly SampleDocument[];
  /** What documents are matched to, by name. */
  readonly objects: SampleObjects;
  /** The variables by which paperless-ngx finds it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Makes a sample library. Its users are admin, anna and bert, each with {@linkcode SAMPLE_PASSWORD}.
 *
 * @param folder is created; must be empty
 * @throws {RangeError} where fewer than one document is asked for
 * @throws {Error} where the folder holds something
 * @example
 * ```ts ignore
 * const library = await makeSampleLibrary(folder, { generation: "v3", special: ["hostileTitles"] });
 * ``` */
export function makeSampleLibrary(
  folder: string,
  options: SampleLibraryOptions,
): Promise<SampleLibrary> {
  return Promise.resolve().then(() => make(folder, options));
}

function make(folder: string, options: SampleLibraryOptions): SampleLibrary {
  const { generation, documents: count = 12, seed = 1, special = [] } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`Cannot make a library of ${count} documents: at least 1 is needed`);
  }
  Deno.mkdirSync(folder, { recursive: true });
  const root = Deno.realPathSync(folder);
  if ([...Deno.readDirSync(root)].length > 0) {
    throw new Error(`Cannot make a library in ${folder}: the folder is not empty`);
  }
  const dataDir = `${root}/data`;
  const mediaRoot = `${root}/media`;
  const databasePath = `${dataDir}/db.sqlite3`;
  for (const name of ["originals", "archive", "thumbnails"]) {
    Deno.mkdirSync(`${mediaRoot}/documents/${name}`, { recursive: true });
  }
  Deno.mkdirSync(dataDir);
  writeMedia(`${mediaRoot}/logo/sample.png`, tinyPng([0, 85, 170, 255]), 0);
  if (generation === "v3") {
    // An empty zip: nothing but its end.
    const zip = new Uint8Array(22);
    zip.set([0x50, 0x4b, 5, 6]);
    writeMedia(`${mediaRoot}/documents/share_link_bundles/sampleBundleSlug.zip`, zip, 0);
  }

  createLibrary({ path: databasePath, generation, now: "2025-01-06 08:00:00.000001" });
  using database = new DatabaseSync(databasePath, { enableForeignKeyConstraints: true });
  registerRegexp(database);
  database.exec("BEGIN");
  const writer = new ModelWriter(database, generation);
  const objects = writeObjects(writer);
  const context: SampleContext = { writer, mediaRoot, numbers: random(seed), objects };
  const documents = writeDocuments(context, count);
  writeAround(writer, objects, documents);
  for (const name of special) documents.push(...PLANTERS[name](context));
  database.exec("COMMIT");
  return {
    generation,
    dataDir,
    mediaRoot,
    databasePath,
    documents,
    objects,
    env: {
      PAPERLESS_DBENGINE: "sqlite",
      PAPERLESS_DATA_DIR: dataDir,
      PAPERLESS_MEDIA_ROOT: mediaRoot,
      PAPERLESS_TIME_ZONE: "Europe/Berlin",
      PAPERLESS_SECRET_KEY: "sample",
    },
  };
}

/** Settings that name a sample library and nothing else. */
export function sampleSettings(library: SampleLibrary, scratchDir: string): Settings {
  return {
    dataDir: library.dataDir,
    mediaRoot: library.mediaRoot,
    scratchDir,
    database: { kind: "sqlite", path: library.databasePath, timeoutMs: 1000 },
    timeZone: "UTC",
    filenameFormatRemoveNone: false,
    auditLogEnabled: true,
    raw: {},
  };
}
