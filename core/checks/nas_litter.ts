// What NAS systems and desktops leave in every folder. Upstream means to ignore it all, but its patterns catch
// only four names; here all of it is told apart from orphans.

import type { Check } from "./check.ts";
import { formatCount } from "../report/format.ts";

/** Folders that are litter with all that is in them. */
const FOLDERS: ReadonlySet<string> = new Set([
  "@eaDir",
  "#recycle",
  "#snapshot",
  "@Recycle",
  "@Recently-Snapshot",
  ".@__thumb",
  ".stfolder",
  ".stversions",
  ".localized",
  ".AppleDouble",
  ".Spotlight-V100",
  ".Trashes",
  ".fseventsd",
  "$RECYCLE.BIN",
  "lost+found",
]);

/** Recycle bins: what is in them may be a file that was deleted by mistake. */
const BINS: ReadonlySet<string> = new Set(["#recycle", "@Recycle", ".Trashes", "$RECYCLE.BIN"]);

const FILES: ReadonlySet<string> = new Set([
  ".DS_Store",
  ".DS_STORE",
  "desktop.ini",
  "Thumbs.db",
]);

/** Whether a folder of this name is litter. */
export function isLitterFolder(name: string): boolean {
  return FOLDERS.has(name) || /^\.Trash-\d+$/.test(name);
}

/** Whether a folder of this name is a recycle bin. */
export function isRecycleBin(name: string): boolean {
  return BINS.has(name) || /^\.Trash-\d+$/.test(name);
}

/** Whether a file of this name is litter. */
export function isLitterFile(name: string): boolean {
  return FILES.has(name) || name.startsWith("._");
}

/** `nas-litter` */
export const nasLitter: Check = {
  name: "nas-litter",
  level: "info",
  origin: "paperward",
  summary: "A NAS or a desktop has left its own files (@eaDir, #recycle, .DS_Store, Thumbs.db, …).",
  stray({ litter }) {
    if (!litter) return undefined;
    const { path, files } = litter;
    return {
      message: files === 0
        ? `not of paperless-ngx: ${path}`
        : `not of paperless-ngx: ${path} (${formatCount(files, "file")})`,
      path,
      facts: { files },
    };
  },
};
