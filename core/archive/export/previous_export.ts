// What earlier exports left in a target, as their own manifests name it. Invariant: what no manifest names
// is a stranger, and after a damaged manifest nothing counts as ours.

import { dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import { isInsideAny } from "../../library/deno_files.ts";
import type { Files } from "../../library/files.ts";
import { readChunks } from "../../library/read_chunks.ts";
import { isRelativePath } from "../../library/relative_path.ts";
import { METADATA_FILE, VERSION_FILE } from "../metadata.ts";
import { type ManifestRecord, readManifestSync } from "../manifest/manifest_reader.ts";
import { STAGING_FOLDER } from "../staging/staging.ts";

/** Keys by which a record names files of the export. */
const NAMING_KEYS = [
  "__exported_file_name__",
  "__exported_thumbnail_name__",
  "__exported_archive_name__",
  "__exported_share_link_bundle_name__",
];

/** Files of earlier exports that the new one doesn't have. */
export interface PreviousExport {
  /** Paths relative to the target. */
  readonly gone: ReadonlySet<string>;
  /** Why nothing may be deleted: the manifest that can't be read, and what is wrong with it. */
  readonly damaged?: string;
}

/** A file of the target that is not part of the new export. */
export type Leftover = { readonly path: string; readonly owner: "export" | "stranger" };

/**
 * Reads the manifests that earlier exports left in a folder.
 *
 * @param isNew whether a path, relative to the target, is part of the new export
 */
export function readPreviousExport(
  files: Files,
  target: string,
  isNew: (path: string) => boolean,
): PreviousExport {
  const gone = new Set<string>();
  const own = (path: string) => {
    if (!isNew(path)) gone.add(path);
  };
  for (const manifest of manifestsIn(files, target)) {
    let isManifest = manifest === "manifest.json";
    const named: string[] = [];
    try {
      const chunks = readChunks(files, join(target, manifest));
      for (const record of readManifestSync(chunks, { file: manifest })) {
        if (!isManifest && record.model === "documents.document") {
          if (!isSplitManifestOf(record, manifest)) break;
          isManifest = true;
        }
        for (const key of NAMING_KEYS) {
          const slice = record.extras.get(key);
          const name: unknown = slice === undefined ? undefined : JSON.parse(slice);
          if (typeof name === "string" && isRelativePath(name) && !isNew(name)) named.push(name);
        }
      }
    } catch (error) {
      // A stranger may be called `x-manifest.json` too; the main manifest is ours or nobody's.
      if (!isManifest) continue;
      if (!(error instanceof PaperwardError)) throw error;
      return { gone: new Set(), damaged: error.message };
    }
    if (!isManifest) continue;
    own(manifest);
    named.forEach((name) => gone.add(name));
  }
  if (files.exists(join(target, "manifest.json"))) [METADATA_FILE, VERSION_FILE].forEach(own);
  return { gone };
}

/** Whether a split manifest lies where this target's export puts it: in the folder of its document, or with `-p` in the
 * same one below `json`. That of another export, in a folder further down, does not. */
function isSplitManifestOf(document: ManifestRecord, manifest: string): boolean {
  const raw = document.extras.get("__exported_file_name__");
  const name: unknown = raw === undefined ? undefined : JSON.parse(raw);
  if (typeof name !== "string") return false;
  const [beside, folder] = [dirname(manifest), dirname(name)];
  return beside === folder ||
    (isInsideAny(folder, ["originals"]) && beside === folder.replace("originals", "json"));
}

/** Every file below a target but the staged ones, relative to it; links are listed, never followed. */
export function* walkTarget(files: Files, target: string, below = ""): Generator<string> {
  if (below === "" && !files.exists(target)) return;
  for (const { name, kind } of files.list(join(target, below))) {
    const path = below ? `${below}/${name}` : name;
    if (path === STAGING_FOLDER) continue;
    if (kind === "folder") yield* walkTarget(files, target, path);
    else yield path;
  }
}

/** Sorts what the new export doesn't have into what is ours and what is not. */
export function* leftovers(
  files: Files,
  target: string,
  isNew: (path: string) => boolean,
  isOurs: (path: string) => boolean,
): Generator<Leftover> {
  for (const path of walkTarget(files, target)) {
    if (!isNew(path)) yield { path, owner: isOurs(path) ? "export" : "stranger" };
  }
}

/** The zips of earlier exports in a folder, relative to it. */
export async function previousZips(files: Files, target: string): Promise<ReadonlySet<string>> {
  const zips = new Set<string>();
  for (const path of walkTarget(files, target)) {
    if (await isExportZip(files, join(target, path))) zips.add(path);
  }
  return zips;
}

/** Whether a file is a zip of an earlier export: it holds a manifest and metadata at its root. */
async function isExportZip(files: Files, path: string): Promise<boolean> {
  if (!path.toLowerCase().endsWith(".zip")) return false;
  const { openZip } = await import("../zip/zip_reader.ts");
  try {
    const zip = await openZip(files, path);
    try {
      return zip.has("manifest.json") && (zip.has(METADATA_FILE) || zip.has(VERSION_FILE));
    } finally {
      zip.close();
    }
  } catch {
    return false;
  }
}

function* manifestsIn(files: Files, target: string): Generator<string> {
  for (const path of walkTarget(files, target)) {
    if (path === "manifest.json" || path.endsWith("-manifest.json")) yield path;
  }
}
