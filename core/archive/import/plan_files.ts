// Where the files of an export are and where they will be. Changes nothing. Invariant: every place is inside
// the documents folder, free, and given once; what can't be had is a problem.

import { dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { staysInside } from "../../library/relative_path.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { ExportSource } from "../zip/export_source.ts";
import type { ClashingNames } from "./database_twins.ts";
import type { ProblemList } from "./import_problem.ts";
import type { Numbers } from "./number_rows.ts";
import { type FileRole, type PlannedFile, ROLE_FOLDERS, type WantedFile } from "./wanted_file.ts";

/** The files of an import. */
export interface FilePlan {
  readonly files: Spool<PlannedFile>;
  /** bytes */
  readonly bytes: number;
  /** New stored names, where the export's own is taken: by role, then by the export's number. */
  readonly names: ReadonlyMap<FileRole, ReadonlyMap<number, string>>;
}

/** What planning needs. */
export interface PlanFilesOptions {
  readonly files: Files;
  readonly scratch: string;
  readonly stop: StopSignal;
  readonly source: ExportSource;
  /** Absolute path of the folder `documents` of the media folder; it may be missing. */
  readonly documents: string;
  readonly numbers: Numbers;
  /** Stored names of the library's documents: `originals/…`, `archive/…`. */
  readonly taken: ReadonlySet<string>;
  /** Documents whose stored name the database takes for another's: it is changed. */
  readonly clashing: ClashingNames;
  /** A name that is taken is changed; otherwise it is a problem. */
  readonly rename: boolean;
  /** The file system takes `A` and `a` for one name. */
  readonly ignoresCase: boolean;
  readonly problems: ProblemList;
  readonly onFile: () => void;
}

const LABELS: Readonly<Record<FileRole, string>> = {
  original: "documents.document",
  archive: "documents.document",
  thumbnail: "documents.document",
  bundle: "documents.sharelinkbundle",
};

/** Plans the files of an import. */
export function planFiles(wanted: Iterable<WantedFile>, options: PlanFilesOptions): FilePlan {
  const { files, source, documents, numbers, problems } = options;
  using planned = openSpool<PlannedFile>(files, join(options.scratch, "planned"));
  const names = new Map<FileRole, Map<number, string>>();
  const given = new Set<string>();
  let bytes = 0;
  const fold = (place: string) => options.ignoresCase ? place.toLowerCase() : place;
  const isThere = lookInto(files);
  const isFree = (place: string) =>
    !given.has(fold(place)) && !options.taken.has(place) && !isThere(join(documents, place));

  for (const file of wanted) {
    options.stop.throwIfRequested();
    options.onFile();
    const label = LABELS[file.role];
    if (numbers.fate(label, file.pk) !== "add") continue;
    const item = `${file.role} of ${label} ${file.pk}`;
    const place = placeOf(file, item);
    const found = place === undefined ? undefined : find(file, item);
    if (place === undefined || !found) continue;
    given.add(fold(place));
    bytes += found.size;
    planned.add({
      role: file.role,
      pk: file.pk,
      path: file.path,
      place,
      checksum: file.checksum,
      ...(file.task ? { task: file.task } : {}),
      ...found,
    });
  }
  planned.close();
  return { files: planned, bytes, names };

  function find(file: WantedFile, item: string) {
    const instead = "the record is imported without the file";
    if (!staysInside(file.path)) {
      problems.add({
        kind: "outside the export",
        item,
        message: `${JSON.stringify(file.path)} is no plain path inside the export`,
        instead,
      });
      return undefined;
    }
    try {
      const found = source.find(file.path);
      if (found) return { size: found.size, mtime: found.mtime, mode: found.mode };
      problems.add({
        kind: "missing file",
        item,
        message: `${file.path} is not in the export`,
        instead,
      });
    } catch (error) {
      if (!(error instanceof PaperwardError)) throw error;
      problems.add({ kind: "outside the export", item, message: error.message, instead });
    }
    return undefined;
  }

  function placeOf(file: WantedFile, item: string): string | undefined {
    const folder = ROLE_FOLDERS[file.role];
    const number = numbers.of(LABELS[file.role], file.pk) ?? file.pk;
    const byNumber = String(number).padStart(7, "0");
    const extension = file.role === "thumbnail" ? ".webp" : file.extension;
    const name = file.role === "thumbnail"
      ? byNumber + extension
      : file.name ?? byNumber + extension;
    if (!staysInside(name)) {
      problems.add({
        kind: "outside the library",
        item,
        message: `its name in the library would be ${JSON.stringify(name)}`,
        instead: "the record is imported without the file",
      });
      return undefined;
    }
    const clashes = options.clashing.get(file.role)?.has(file.pk) === true;
    if (!clashes && isFree(`${folder}/${name}`)) return `${folder}/${name}`;
    const isNamed = file.name !== null;
    if (!isNamed || !(options.rename || clashes)) {
      problems.add({
        kind: "in the way",
        item,
        message: given.has(fold(`${folder}/${name}`))
          ? `another file of the export goes to ${folder}/${name} too`
          : `${join(documents, folder, name)} exists already`,
        // Without its file the record would point to that of another document.
        instead: isNamed ? "its file gets another name" : "the record is imported without the file",
      });
    }
    if (!isNamed) return undefined;
    const free = freeName(name, (candidate) => isFree(`${folder}/${candidate}`));
    const list = names.get(file.role);
    if (list) list.set(file.pk, free);
    else names.set(file.role, new Map([[file.pk, free]]));
    return `${folder}/${free}`;
  }
}

/** Looks for files; in an empty or missing folder it doesn't even look, for errors cost more than answers. */
function lookInto(files: Files): (path: string) => boolean {
  const empty = new Map<string, boolean>();
  return (path) => {
    const folder = dirname(path);
    let isEmpty = empty.get(folder);
    if (isEmpty === undefined) {
      isEmpty = !files.exists(folder) ||
        (files.stat(folder).kind === "folder" && files.list(folder).length === 0);
      empty.set(folder, isEmpty);
    }
    return !isEmpty && files.exists(path);
  };
}

/** As paperless-ngx makes names differ: `name_01.pdf`, `name_02.pdf`. */
function freeName(name: string, isFree: (candidate: string) => boolean): string {
  const [, stem = "", extension = ""] = /^(.*?[^/])(\.[^./]*)?$/s.exec(name) ?? [];
  for (let count = 1;; count++) {
    const candidate = `${stem}_${String(count).padStart(2, "0")}${extension}`;
    if (isFree(candidate)) return candidate;
  }
}
