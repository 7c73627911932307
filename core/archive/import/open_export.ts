// Opens an export for importing: folder or zip, whatever release wrote it. Invariant: what it gives can be read
// as often as needed, always with the same records.

import { join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import type { Generation } from "../../schema/model.ts";
import type { Lost } from "../history/lost.ts";
import { type History, openHistory } from "../history/open_history.ts";
import { listManifests, readExportRecords } from "../manifest/manifest_files.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { type ExportMetadata, openExportSecrets, readMetadata } from "../metadata.ts";
import type { Secrets } from "../secrets/open_secrets.ts";
import { SECRET_FIELDS, secretFieldsOf } from "../secrets/secret_fields.ts";
import { rawString } from "../manifest/raw_values.ts";
import { type ExportSource, openExportSource } from "../zip/export_source.ts";
import { spoolInput } from "../zip/spool_input.ts";
import { compareReleases, releaseIn } from "../history/releases.ts";

/** An export that can be imported. */
export interface OpenExport extends Disposable {
  readonly source: ExportSource;
  readonly metadata: ExportMetadata;
  readonly manifests: readonly string[];
  readonly secrets: Secrets | undefined;
}

/** What opening needs. */
export interface OpenExportOptions {
  readonly files: Files;
  readonly scratch: string;
  /** Absolute path, or `-`. */
  readonly source: string;
  readonly passphrase?: string | undefined;
  stdin(): AsyncIterable<Uint8Array>;
}

/** Opens an export and its secrets.
 * @throws {PaperwardError} where it is none; exit `passphrase` where one is needed and missing */
export async function openExport(options: OpenExportOptions): Promise<OpenExport> {
  const source = options.source === "-"
    ? await openExportSource(options.files, await spoolInput(options), "standard input")
    : await openExportSource(options.files, options.source);
  try {
    const manifests = listManifests(source);
    const metadata = await readMetadata(source);
    const secrets = await openExportSecrets(metadata, options.passphrase);
    return { source, metadata, manifests, secrets, [Symbol.dispose]: () => source.close() };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The generation of an export: that of the library which is made for it. */
export function generationOf({ version }: ExportMetadata): Generation {
  return version !== null && Number(version.split(".")[0]) >= 3 ? "v3" : "v2";
}

/** What reading the records needs. */
export interface ReadRecordsOptions {
  readonly files: Files;
  /** Of the library. */
  readonly generation: Generation;
  readonly timeZone: string;
  readonly onLost: (lost: Lost) => void;
}

/** The records of an export in the form of a library's generation.
 * @throws {PaperwardError} exit `version` if the export is newer than the library */
export async function openRecords(
  { source, metadata, manifests, secrets }: OpenExport,
  options: ReadRecordsOptions,
): Promise<History> {
  const frugal = withOneBuffer(options.files, source);
  const decrypted = async function* () {
    const batches = readExportRecords(frugal, manifests, { transient: true });
    if (!secrets) return yield* batches;
    for await (const { manifest, records } of batches) {
      yield {
        manifest,
        records: records.map((record) => decrypt(record, secrets, metadata.version)),
      };
    }
  };
  const history = await openHistory({
    from: metadata.version,
    to: options.generation,
    timeZone: options.timeZone,
    read: decrypted,
    onLost: options.onLost,
  });
  return history;
}

/** Bytes read at once. */
const CHUNK = 1 << 18;

/** The same folder, read through one buffer: the manifest's parser copies what it needs longer. */
function withOneBuffer(files: Files, source: ExportSource): ExportSource {
  if (source.kind !== "folder") return source;
  return {
    ...source,
    async *open(path) {
      // Looks whether the path stays inside.
      if (!source.find(path)) throw new PaperwardError(`Cannot read ${path}: it is missing`);
      const file = files.openRead(join(source.path, path));
      const buffer = new Uint8Array(CHUNK);
      try {
        for (let size = file.read(buffer); size > 0; size = file.read(buffer)) {
          yield buffer.subarray(0, size);
        }
      } finally {
        file.close();
      }
    },
  };
}

/** Decrypts the fields that the release which wrote the export encrypts. */
function decrypt(record: RawRecord, secrets: Secrets, version: string | null): RawRecord {
  const release = version === null ? null : releaseIn(version);
  const names = secretFieldsOf(record.model).filter((name) => {
    const since = SECRET_FIELDS.find(({ model, field }) => model === record.model && field === name)
      ?.since;
    return release === null || since === undefined || compareReleases(release, since) >= 0;
  });
  if (names.length === 0) return record;
  const fields = new Map(record.fields);
  for (const name of names) {
    const raw = fields.get(name);
    if (raw === undefined || !raw.startsWith('"') || raw === '""') continue;
    fields.set(name, JSON.stringify(secrets.decrypt(rawString(raw))));
  }
  return { ...record, fields };
}
