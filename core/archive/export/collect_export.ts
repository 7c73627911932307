// Reads the library in one snapshot: writes the manifests and lists the files that belong to the export.
// Invariant: no file of the library is touched here, and others get no more time than the reading itself, so that
// the read transaction stays short (in v2's journal mode it keeps the server from writing). Memory holds names only.

import { isAbsolute, join } from "node:path";
import type { Snapshot } from "../../database/database.ts";
import type { FilenameGenerator, RenderedName } from "../../library/filename/generate_filename.ts";
import { composeName } from "../../library/filename/compose_name.ts";
import { defaultBaseName } from "../../library/filename/base_name.ts";
import { extensionForMimeType } from "../../library/filename/extension_for_mime_type.ts";
import { loadFilenameDocuments } from "../../library/filename/load_filename_documents.ts";
import { isRelativePath, staysInside } from "../../library/relative_path.ts";
import { startOfDay } from "../../library/start_of_day.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import { type ManifestWriter, openManifestWriter } from "../manifest/manifest_writer.ts";
import { countRows } from "../records/count_rows.ts";
import { exportModels } from "../records/export_models.ts";
import { type ExportRecord, readDocumentRecords, readRecords } from "../records/read_records.ts";
import type { Secrets } from "../secrets/open_secrets.ts";
import type { ExportNamer, ExportNames } from "./export_names.ts";
import type { ExportOptions } from "./export_options.ts";
import type { ModelCount } from "./export_summary.ts";
import type { ExportWorld } from "./export_world.ts";
import type { Outbox } from "./outbox.ts";
import type { ExportProblem, FileRole, WantedFile } from "./planned_file.ts";

/** A manifest or metadata file that is ready to take its place. */
export interface ReadyFile {
  /** Relative to the export. */
  readonly name: string;
  /** Name in the outbox. */
  readonly staged: string;
}

/** What reading the library gave. */
export interface Collected {
  readonly documents: number;
  /** Split manifests, then `manifest.json`. */
  readonly manifests: Spool<ReadyFile>;
  readonly counts: readonly ModelCount[];
  readonly problems: Spool<ExportProblem>;
  /** Secrets stand in the manifest as they are: there are some, and no passphrase was given. */
  readonly plainSecrets: boolean;
}

/** What collecting needs besides the snapshot. */
export interface CollectOptions {
  readonly options: ExportOptions;
  readonly namer: ExportNamer;
  readonly outbox: Outbox;
  /** Gets the files; stays open. */
  readonly wanted: Pick<Spool<WantedFile>, "add">;
  /** Called after each batch of rows: others may work for a while. */
  readonly rest: () => Promise<void>;
  readonly secrets?: Secrets | undefined;
  /** Present with `-f`. */
  readonly generator?: FilenameGenerator | undefined;
  readonly onRecords: (count: number) => void;
}

/** Models whose rows are secrets in themselves: upstream warns when they are exported in plain text. */
const SECRET_MODELS = new Set(["paperless_mail.mailaccount", "socialaccount.socialtoken"]);

/** Rows read at once where nothing else is said; upstream's default. */
const BATCH = 500;

const FOLDERS: Readonly<Record<FileRole, string>> = {
  original: "documents/originals",
  archive: "documents/archive",
  thumbnail: "documents/thumbnails",
  bundle: "documents/share_link_bundles",
};

/** Reads everything that an export holds. */
export async function collectExport(
  world: ExportWorld,
  snapshot: Snapshot,
  { options, namer, outbox, wanted, rest, secrets, generator, onRecords }: CollectOptions,
): Promise<Collected> {
  const { files, scratch, settings } = world;
  using manifests = openSpool<ReadyFile>(files, join(scratch, "manifests"));
  using problems = openSpool<ExportProblem>(files, join(scratch, "problems"));
  const batchSize = options.batchSize ?? BATCH;
  const isV2 = snapshot.generation === "v2";
  const models = exportModels(snapshot.generation, { auditLog: settings.auditLogEnabled });
  const records = new Map<string, number>();
  const correspondents = await correspondentNames(snapshot);
  let documents = 0;
  let secretRows = 0;

  const count = (model: string) => records.set(model, (records.get(model) ?? 0) + 1);
  const transformText = secrets &&
    ((_model: string, _field: string, text: string) => secrets.encrypt(text));
  const source = (role: FileRole, path: string) => join(settings.mediaRoot, FOLDERS[role], path);
  const want = (file: Omit<WantedFile, "source">, path: string) => {
    if (options.dataOnly) return;
    if (staysInside(path)) return wanted.add({ ...file, source: source(file.role, path) });
    refuse(file, path);
  };
  const refuse = (
    { role, id, name }: Pick<WantedFile, "role" | "id"> & { readonly name?: string },
    path: string,
  ) => {
    if (options.dataOnly) return;
    problems.add({
      kind: "outside the library",
      role,
      id,
      path,
      ...(name !== undefined && { missingName: name }),
      message: "the database names a file outside of its folder",
    });
  };

  async function documentNames(batch: readonly ExportRecord[]): Promise<readonly ExportNames[]> {
    const rendered = generator && await generator.render(
      await loadFilenameDocuments(snapshot, batch.map(({ pk }) => Number(pk)), generator),
    );
    return batch.map((record, index) => {
      const extension = extensionForMimeType(String(record.value("mime_type")));
      const name: RenderedName | undefined = rendered?.[index];
      if (!name) {
        const created = String(record.value("created"));
        const correspondent = correspondents.get(record.value("correspondent") as bigint | null) ??
          null;
        const title = record.value("title") as string | null;
        return namer.claim((counter) =>
          defaultBaseName({ created, correspondent, title, extension, counter })
        );
      }
      for (const problem of name.problems) {
        if (!problem.repeated) world.report.warn(`Document ${record.pk}: ${problem.message}`);
      }
      const versionIndex = isV2 ? null : record.value("version_index") as bigint | null;
      return namer.claim((counter) =>
        composeName(name, {
          extension,
          counter,
          versionIndex: versionIndex === null ? null : Number(versionIndex),
        })
      );
    });
  }

  function documentExtras(record: ExportRecord, names: ExportNames): [string, string][] {
    const id = Number(record.pk);
    const number = String(record.pk).padStart(7, "0");
    const isEncrypted = isV2 && record.value("storage_type") === "gpg";
    // Upstream gives decrypted files the time of the document's date.
    const gpg = isEncrypted
      ? { mtime: startOfDay(String(record.value("created")), settings.timeZone) }
      : undefined;
    const suffix = isEncrypted ? ".gpg" : "";
    const extras: [string, string][] = [["__exported_file_name__", JSON.stringify(names.original)]];
    const wantDocument = (role: FileRole, checksum: string | null, path: string, isPlain = false) =>
      want({
        role,
        id,
        name: names[role as keyof ExportNames],
        checksum,
        ...(gpg && !isPlain && { gpg }),
      }, path);
    const filename = record.value("filename") as string | null;
    const extension = extensionForMimeType(String(record.value("mime_type")));
    wantDocument(
      "original",
      record.value("checksum") as string,
      filename ?? number + extension + suffix,
    );
    if (!options.noThumbnail) {
      extras.push(["__exported_thumbnail_name__", JSON.stringify(names.thumbnail)]);
      wantDocument("thumbnail", null, `${number}.webp${suffix}`);
    }
    const archive = record.value("archive_filename") as string | null;
    if (!options.noArchive && archive !== null) {
      extras.push(["__exported_archive_name__", JSON.stringify(names.archive)]);
      wantDocument("archive", record.value("archive_checksum") as string | null, archive, true);
    }
    return extras;
  }

  function bundleExtras(record: ExportRecord): [string, string][] {
    const path = record.value("file_path") as string | null;
    if (!path) return [];
    const portable = isAbsolute(path) ? path.slice(path.lastIndexOf("/") + 1) : path;
    const name = `share_link_bundles/${portable}`;
    if (!isRelativePath(portable)) {
      // Not named in the manifest either: whoever imports it would look outside of the export.
      refuse({ role: "bundle", id: Number(record.pk) }, portable);
      return [];
    }
    // Upstream copies from the bundles' folder only; an absolute path is one of an older installation.
    if (namer.reserve(name)) {
      want({ role: "bundle", id: Number(record.pk), name, checksum: null }, portable);
    }
    return [["__exported_share_link_bundle_name__", JSON.stringify(name)]];
  }

  /** Writes the manifests of a batch of documents, each with its notes and custom field values. */
  async function splitManifests(
    batch: readonly ExportRecord[],
    names: readonly ExportNames[],
  ): Promise<void> {
    const children = await readDocumentRecords(snapshot, batch.map(({ pk }) => pk), {
      transformText,
    });
    batch.forEach((record, index) => {
      const exportNames = names[index];
      if (!exportNames) return;
      const staged = outbox.newName();
      const file = files.openWrite(outbox.path(staged), { exclusive: true });
      try {
        const writer = openManifestWriter(file, "v2", { bufferSize: 1 << 16 });
        for (const each of [record, ...children.get(record.pk) ?? []]) {
          const extras = each === record ? documentExtras(record, exportNames) : [];
          writer.write({ ...writable(each), extras });
          count(each.model);
        }
        writer.end();
      } finally {
        file.close();
      }
      manifests.add({ name: exportNames.manifest, staged });
    });
  }

  const staged = outbox.newName();
  const file = files.openWrite(outbox.path(staged), { exclusive: true });
  try {
    const manifest: ManifestWriter = openManifestWriter(file, snapshot.generation);
    for (const exportModel of models) {
      const label = exportModel.model.label;
      if (options.splitManifest && exportModel.split === "child") continue;
      for await (const batch of readRecords(snapshot, exportModel, { batchSize, transformText })) {
        world.stop.throwIfRequested();
        if (SECRET_MODELS.has(label)) secretRows += batch.length;
        const names = label === "documents.document" ? await documentNames(batch) : [];
        if (label === "documents.document") documents += batch.length;
        if (names.length > 0 && options.splitManifest) {
          await splitManifests(batch, names);
        } else {
          batch.forEach((record, index) => {
            const exportNames = names[index];
            const extras = exportNames
              ? documentExtras(record, exportNames)
              : label === "documents.sharelinkbundle"
              ? bundleExtras(record)
              : [];
            manifest.write({ ...writable(record), extras });
            count(label);
          });
        }
        onRecords(batch.length);
        await rest();
      }
    }
    manifest.end();
  } finally {
    file.close();
  }
  manifests.add({ name: "manifest.json", staged });

  const counts: ModelCount[] = [];
  for (const exportModel of models) {
    const model = exportModel.model.label;
    const count = {
      model,
      rows: await countRows(snapshot, exportModel),
      records: records.get(model) ?? 0,
    };
    counts.push(count);
    if (count.rows === count.records) continue;
    problems.add({
      kind: "row not written",
      path: exportModel.model.table,
      message: `the database has ${count.rows} rows, the manifest ${count.records} records`,
    });
  }
  for (const spool of [manifests, problems]) spool.close();
  return {
    documents,
    manifests,
    counts,
    problems,
    plainSecrets: secretRows > 0 && !secrets,
  };
}

function writable(record: ExportRecord) {
  return { model: record.model, pk: record.pk, fields: record.fields };
}

async function correspondentNames(snapshot: Snapshot): Promise<ReadonlyMap<bigint | null, string>> {
  const names = new Map<bigint | null, string>();
  const columns = [{ column: "id", kind: "auto" }, { column: "name", kind: "char" }] as const;
  for await (const rows of snapshot.rows({ table: "documents_correspondent", columns }, BATCH)) {
    for (const [id, name] of rows) names.set(id as bigint, String(name));
  }
  return names;
}
