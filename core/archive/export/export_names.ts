// The names of a document's files in an export. Invariant: no two files of one export get one name, and
// where upstream's names do not clash they are upstream's (2.18 and later).

import { createHash } from "node:crypto";
import { withoutOddCharacters } from "../../library/relative_path.ts";
import { METADATA_FILE } from "../metadata.ts";
import { STAGING_FOLDER } from "../staging/staging.ts";

/** Paths of a document's files, relative to the export, with `/`. */
export interface ExportNames {
  readonly original: string;
  readonly thumbnail: string;
  readonly archive: string;
  /** The document's own manifest, written with `-sm`. */
  readonly manifest: string;
}

/** What the names depend on besides the document. */
export interface ExportNamesOptions {
  /** `-p`: originals, thumbnails, archives and manifests in a folder each. */
  readonly useFolderPrefix: boolean;
  /** Whether thumbnails, archives or split manifests are named at all: they share the original's stem. */
  readonly hasDerived: boolean;
  /** `-f`: base names may hold folders, and one document's folder may be another one's file. */
  readonly hasFolders: boolean;
  /** Longest name of a file or folder on the target's file system, in bytes. @default {255} */
  readonly longestName?: number;
  /** The target's file system takes `A` and `a` for one name. @default {false} */
  readonly ignoresCase?: boolean;
}

/** Gives names out, in the order of the documents' ids. */
export interface ExportNamer {
  /**
   * @param candidate the base name for a counter: 0 is upstream's first choice, 1 gives `…_01`
   */
  claim(candidate: (counter: number) => string): ExportNames;
  /** Takes one fixed name (a share link bundle's); false where a document has it already. */
  reserve(name: string): boolean;
}

const PREFIXES = {
  original: "originals/",
  thumbnail: "thumbnails/",
  archive: "archive/",
  manifest: "json/",
} as const;
const SUFFIXES = {
  thumbnail: "-thumbnail.webp",
  archive: "-archive.pdf",
  manifest: "-manifest.json",
} as const;
const NO_PREFIXES = { original: "", thumbnail: "", archive: "", manifest: "" } as const;

/** Names that are never a document's. */
const RESERVED = ["manifest.json", METADATA_FILE, "version.json"];

/** Bytes kept free in a shortened name: `~` and eight hexadecimal digits of the full name's SHA-256. */
const MARK = 9;

/**
 * Opens the namer of one export.
 *
 * Upstream compares base names with their extension, but names thumbnails, archives and split manifests by
 * the stem: `X.pdf` and `X.png` share them and the last one written wins. Here the stem has to be free: the
 * first document keeps upstream's names, later ones take the next counter.
 */
export function openExportNamer(options: ExportNamesOptions): ExportNamer {
  const prefixes = options.useFolderPrefix ? PREFIXES : NO_PREFIXES;
  const longest = options.longestName ?? 255;
  const fold = options.ignoresCase
    ? (name: string) => name.normalize("NFC").toLowerCase()
    : (name: string) => name;
  const taken = new Set<string>(RESERVED.map(fold));
  /** Originals that look like a derived file of another document: `x-thumbnail.webp`. */
  const lookalikes = new Set<string>();
  const folders = new Set<string>();
  const originals = new Set<string>();
  /** First counter worth trying for a name that was taken: all below it are taken for good. */
  const nextCounters = new Map<string, number>();

  const stemKey = (base: string) => fold(splitName(base).stem) + "\0";
  const isFree = (base: string): boolean => {
    if (taken.has(fold(base)) || folders.has(fold(base))) return false;
    if (!options.hasDerived) return true;
    if (taken.has(stemKey(base))) return false;
    if (options.useFolderPrefix) return true;
    const shadowed = derivedStem(base);
    if (shadowed !== undefined && taken.has(fold(shadowed) + "\0")) return false;
    const { stem } = splitName(base);
    return !Object.values(SUFFIXES).some((suffix) => lookalikes.has(fold(stem + suffix)));
  };

  /** A folder that has the name of an earlier document's file gets a `_`. */
  const besideFiles = (base: string): string => {
    if (!options.hasFolders || !base.includes("/")) return base;
    const parts = base.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      while (originals.has(fold(parts.slice(0, depth).join("/")))) parts[depth - 1] += "_";
    }
    return parts.join("/");
  };

  return {
    claim(candidate) {
      const named = (counter: number) =>
        besideFiles(shorten(safe(candidate(counter)), longest, options.hasDerived));
      let base = named(0);
      if (!isFree(base)) {
        const first = base;
        let counter = nextCounters.get(first) ?? 1;
        while (!isFree(base = named(counter))) counter++;
        nextCounters.set(first, counter + 1);
      }
      if (options.hasDerived) taken.add(stemKey(base));
      else taken.add(fold(base));
      if (derivedStem(base) !== undefined) lookalikes.add(fold(base));
      if (options.hasFolders) {
        originals.add(fold(base));
        for (const folder of foldersOf(base)) folders.add(fold(folder));
      }
      const { stem } = splitName(base);
      return {
        original: prefixes.original + base,
        thumbnail: prefixes.thumbnail + stem + SUFFIXES.thumbnail,
        archive: prefixes.archive + stem + SUFFIXES.archive,
        manifest: prefixes.manifest + stem + SUFFIXES.manifest,
      };
    },
    reserve(name) {
      if (taken.has(fold(name))) return false;
      taken.add(fold(name));
      return true;
    },
  };
}

/** A template may name any folder, also ours, and let characters in that no import follows. */
function safe(base: string): string {
  const name = withoutOddCharacters(base);
  return name.startsWith(STAGING_FOLDER + "/") ? `_${name}` : name;
}

/** Splits a base name as Python's `PurePath.stem` does: at the last dot of the last component, unless it leads. */
export function splitName(base: string): { readonly stem: string; readonly extension: string } {
  const start = base.lastIndexOf("/") + 1;
  const dot = base.lastIndexOf(".");
  if (dot <= start || dot === base.length - 1) return { stem: base, extension: "" };
  return { stem: base.slice(0, dot), extension: base.slice(dot) };
}

function foldersOf(base: string): string[] {
  const parts = base.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function derivedStem(base: string): string | undefined {
  const suffix = Object.values(SUFFIXES).find((candidate) => base.endsWith(candidate));
  return suffix === undefined ? undefined : base.slice(0, -suffix.length);
}

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text).length;

/**
 * Shortens the components that are too long for the target: the end of the stem gives way to `~` and eight
 * digits of the SHA-256 of the full component, so that the counter still tells names apart.
 */
function shorten(base: string, longest: number, hasDerived: boolean): string {
  // Every component is at most as long as the whole: the common case costs one comparison.
  const reserve = hasDerived ? SUFFIXES.thumbnail.length : 0;
  if (base.length * 3 + reserve <= longest) return base;
  const parts = base.split("/");
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    const { stem, extension } = isLast ? splitName(part) : { stem: part, extension: "" };
    const tail = Math.max(bytes(extension), isLast ? reserve : 0);
    if (bytes(stem) + tail <= longest) return part;
    const mark = "~" + createHash("sha256").update(part).digest("hex").slice(0, MARK - 1);
    return cut(stem, longest - tail - MARK) + mark + extension;
  }).join("/");
}

/** The longest beginning of a text that fits, in whole characters. */
function cut(text: string, limit: number): string {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += bytes(character);
    if (size > limit) break;
    end += character.length;
  }
  return text.slice(0, end);
}
