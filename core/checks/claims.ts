// What belongs to something below the media folder. Thumbnails are told by their number, the rest by name, so
// that 100,000 documents need the names of their originals and archives and nothing more.

import { isAbsolute, join, normalize } from "node:path";
import { mediaLockPath } from "../library/media_lock.ts";
import type { DocumentRow } from "./check.ts";
import { bundleName, BUNDLES } from "./missing_bundle.ts";

/** Who claims which file. Paths are absolute. */
export interface Claims {
  /** A document: its thumbnail is claimed by its number. */
  addDocument(document: DocumentRow): void;
  /** A file of a document; the first to claim it has it. @returns whether another document has it */
  claim(path: string, id: number): boolean;
  /** A link of a document and what it points to. */
  addLink(path: string, real: string): void;
  /** A share link bundle, as the database has its path. */
  addBundle(stored: string): void;
  /** A file relative to the media folder: the logo. */
  addOther(relative: string): void;
  /** The document that claimed an original or archive first. */
  claimedBy(path: string): number | undefined;
  /** Whether a file belongs to something. */
  has(path: string): boolean;
}

/** Claims on a media folder: none but the lock's. */
export function openClaims(mediaRoot: string): Claims {
  const prefix = mediaRoot + "/";
  /** Without the media folder's own path: it would be kept a hundred thousand times. */
  const short = (path: string) => path.startsWith(prefix) ? path.slice(prefix.length) : path;
  const files = new Map<string, number>();
  const others = new Set<string>([short(mediaLockPath(mediaRoot))]);
  const ids = new Set<number>();
  const encrypted = new Set<number>();

  function isThumbnail(path: string): boolean {
    const [, digits, suffix] = /^documents\/thumbnails\/(\d{7,})\.webp(\.gpg)?$/.exec(path) ?? [];
    if (digits === undefined) return false;
    const id = Number(digits);
    return ids.has(id) && String(id).padStart(7, "0") === digits &&
      encrypted.has(id) === (suffix !== undefined);
  }

  return {
    addDocument(document) {
      ids.add(document.id);
      if (document.encrypted) encrypted.add(document.id);
    },
    claim(path, id) {
      const name = short(path);
      if (!files.has(name)) files.set(name, id);
      return files.get(name) !== id;
    },
    addLink(path, real) {
      others.add(short(path));
      others.add(short(real));
    },
    addBundle: (stored) => void others.add(join(BUNDLES, bundleName(stored))),
    addOther(relative) {
      const name = normalize(relative.replace(/^\/+/, ""));
      if (!isAbsolute(name)) others.add(name);
    },
    claimedBy: (path) => files.get(short(path)),
    has(path) {
      const name = short(path);
      return files.has(name) || others.has(name) || isThumbnail(name);
    },
  };
}
