// What lies in the media folder and what belongs to something there. Thumbnails are kept as numbers, the rest by
// name, so that 100,000 documents need the names of their originals and archives and nothing more.

import { isAbsolute, join, normalize } from "node:path";
import { mediaLockPath } from "../library/media_lock.ts";
import { bundleName, BUNDLES } from "./missing_bundle.ts";

/** What was met at a path. */
export type Presence = "file" | "link" | "absent";

/** Who claims which file. Paths are absolute. */
export interface Inventory {
  /** A file or a link that the walk met. */
  add(path: string, kind: "file" | "link"): void;
  /** What the walk met there; only of use after a walk. */
  look(path: string): Presence;
  /** A document claims a file; the first to do so has it. @returns the other document, if there is one */
  claim(path: string, id: number): number | undefined;
  /** The document that claimed a file first. */
  claimedBy(path: string): number | undefined;
  /** A file that belongs to something: what a link points to. */
  addOwned(path: string): void;
  /** A file that belongs to a document by another spelling of the name that the walk met. */
  addAlias(inode: string): void;
  /** Whether a file belongs to a document by another spelling of its name. */
  isAlias(inode: string): boolean;
  /** A share link bundle, as the database has its path. */
  addBundle(stored: string): void;
  /** A file relative to the media folder: the logo. */
  addOther(relative: string): void;
  /** Whether a file belongs to something. */
  has(path: string): boolean;
  /** What the walk met and nobody claims. */
  strays(): Iterable<{ readonly path: string; readonly kind: "file" | "link" }>;
}

/** Values of files that no document has; ids are positive. */
const FREE = { file: 0, link: -1 } as const;

const THUMBNAILS = "documents/thumbnails/";

/** Opens the inventory of a media folder: empty but for the lock. */
export function openInventory(mediaRoot: string): Inventory {
  const prefix = mediaRoot + "/";
  /** Without the media folder's own path: it would be kept a hundred thousand times. */
  const short = (path: string) => path.startsWith(prefix) ? path.slice(prefix.length) : path;
  const files = new Map<string, number>();
  const owned = new Set<string>([short(mediaLockPath(mediaRoot))]);
  /** Numbers of thumbnails that are there and that nobody has claimed yet. */
  const thumbnails = new Set<number>();
  const claimedThumbnails = new Set<number>();
  const aliases = new Set<string>();

  return {
    add(path, kind) {
      const name = short(path);
      const number = kind === "file" ? thumbnailNumber(name) : undefined;
      if (number !== undefined) thumbnails.add(number);
      else files.set(name, FREE[kind]);
    },
    look(path) {
      const name = short(path);
      const number = thumbnailNumber(name);
      if (number !== undefined && (thumbnails.has(number) || claimedThumbnails.has(number))) {
        return "file";
      }
      const found = files.get(name);
      return found === undefined ? "absent" : found === FREE.link ? "link" : "file";
    },
    claim(path, id) {
      const name = short(path);
      const number = thumbnailNumber(name);
      if (number !== undefined) {
        if (thumbnails.delete(number)) claimedThumbnails.add(number);
        return undefined;
      }
      const owner = files.get(name);
      if (owner === undefined || owner <= 0) files.set(name, id);
      return owner !== undefined && owner > 0 && owner !== id ? owner : undefined;
    },
    claimedBy(path) {
      const owner = files.get(short(path));
      return owner !== undefined && owner > 0 ? owner : undefined;
    },
    addOwned: (path) => void owned.add(short(path)),
    // A file system without inodes tells nothing.
    addAlias: (inode) => void (inode !== "" && aliases.add(inode)),
    isAlias: (inode) => aliases.has(inode),
    addBundle: (stored) => void owned.add(join(BUNDLES, bundleName(stored))),
    addOther(relative) {
      const name = normalize(relative.replace(/^\/+/, ""));
      if (!isAbsolute(name)) owned.add(name);
    },
    has(path) {
      const name = short(path);
      return owned.has(name) || (files.get(name) ?? 0) > 0 ||
        claimedThumbnails.has(thumbnailNumber(name) ?? NaN);
    },
    *strays() {
      for (const [name, owner] of files) {
        if (owner > 0 || owned.has(name)) continue;
        yield { path: prefix + name, kind: owner === FREE.link ? "link" : "file" };
      }
      for (const number of thumbnails) {
        const name = `${THUMBNAILS}${String(number).padStart(7, "0")}.webp`;
        if (!owned.has(name)) yield { path: prefix + name, kind: "file" };
      }
    },
  };
}

/** The number of a thumbnail as paperless-ngx names it; other names are names like any. */
function thumbnailNumber(name: string): number | undefined {
  if (!name.startsWith(THUMBNAILS) || !name.endsWith(".webp")) return undefined;
  const digits = name.slice(THUMBNAILS.length, -".webp".length);
  const number = Number(digits);
  return /^\d{7,15}$/.test(digits) && String(number).padStart(7, "0") === digits
    ? number
    : undefined;
}
