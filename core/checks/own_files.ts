// What lies in the media folder on purpose although no document names it: the data folder and others of
// paperless-ngx's own where an installation keeps them in there, and what this run reads and writes. Invariant:
// none of it is ever taken for an orphan, since a repair would put it aside, the database included.

import { isAbsolute, normalize } from "node:path";
import { isInsideAny } from "../library/deno_files.ts";
import type { Settings } from "../settings/settings.ts";

/** Folders and files of paperless-ngx's own, as its settings name them. */
const VARIABLES = [
  "PAPERLESS_CONSUMPTION_DIR",
  "PAPERLESS_EMPTY_TRASH_DIR",
  "PAPERLESS_LOGGING_DIR",
  "PAPERLESS_MODEL_FILE",
  "PAPERLESS_STATICDIR",
  "PAPERLESS_NLTK_DIR",
] as const;

/** What Paperward stages beside the documents: an interrupted run of whichever command finds it there again. */
const STAGED = /(?:^|\/)\.paperward-[^/]+$/;

/** Tells what is no orphan. @param others absolute paths that this run uses: reports, an export */
export function ownFiles(
  { dataDir, database, mediaRoot, raw }: Settings,
  others: readonly string[] = [],
): (path: string) => boolean {
  const named = VARIABLES.flatMap((name) => raw[name] ?? []).filter((path) => isAbsolute(path))
    .map((path) => normalize(path).replace(/(.)\/$/, "$1"));
  const places = [dataDir, ...named, ...others].filter((path) => !isInsideAny(mediaRoot, [path]));
  const files = database.kind === "sqlite"
    ? ["", "-wal", "-shm", "-journal"].map((suffix) => database.path + suffix)
    : [];
  const documents = `${mediaRoot}/documents`;
  return (path) =>
    STAGED.test(path) || isInsideAny(path, places) || files.includes(path) ||
    // Where the data folder is the media folder, only documents have a folder of their own.
    (dataDir === mediaRoot && path !== documents && !isInsideAny(path, [documents]));
}
