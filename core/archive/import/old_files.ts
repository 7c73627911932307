// What only files of old exports need: thumbnails were PNG before 1.8.0, pages were not counted before 2.13.0.
// Foreign files are looked into by a Worker without permissions. Invariant: a thumbnail that is handed on is a
// WebP image; a page count that can't be had is left out, as upstream's upgrade leaves it.

import { join } from "node:path";
import { type ChecksumAlgorithm, createChecksum } from "../../../wasm/checksum/mod.ts";
import { type DeepReader, openDeepReader } from "../../checks/deep/deep_pool.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import type { ExportSource } from "../zip/export_source.ts";
import type { ImportProblem } from "./import_problem.ts";
import type { PlannedFile } from "./wanted_file.ts";

/** What came of a file. */
export interface OldFile {
  readonly pages?: number;
  /** Of the image that took its place; lower-case hex. */
  readonly digest?: string;
  readonly problem?: ImportProblem;
}

/** Does what has to be done with files of old exports. */
export interface OldFiles extends Disposable {
  /** @param path of the file's copy: an image is converted in its place */
  finish(file: PlannedFile, path: string, algorithm: ChecksumAlgorithm): Promise<OldFile>;
  /** Looks whether it could be done, and changes nothing. */
  check(file: PlannedFile, source: ExportSource): Promise<ImportProblem | undefined>;
}

/** Opens it; the Worker starts when the first such file comes. @param scratch an own folder */
export function openOldFiles(files: Files, scratch: string): OldFiles {
  const reader: DeepReader = openDeepReader(files);

  /** A zip's file is no file yet. */
  async function fileOf(file: PlannedFile, source: ExportSource): Promise<string> {
    if (source.kind === "folder") return files.real(join(source.path, file.path));
    const path = join(scratch, "thumbnail.png");
    const copy = files.openWrite(path);
    try {
      for await (const piece of source.open(file.path)) copy.write(piece);
    } finally {
      copy.close();
    }
    return path;
  }

  return {
    async finish(file, path, algorithm) {
      if (file.task === undefined) return {};
      const { size } = files.stat(path);
      const { pages, webp, defect } = await reader.ask({ kind: file.task, path, size });
      if (file.task === "count pages") return pages === undefined ? {} : { pages };
      if (webp === undefined) return { problem: unconvertible(file, defect) };
      files.writeBytes(path, webp);
      if (file.mtime !== null) files.setTimes(path, file.mtime);
      const checksum = createChecksum(algorithm);
      checksum.update(webp);
      return { digest: checksum.digestHex() };
    },
    async check(file, source) {
      if (file.task !== "png to webp") return undefined;
      try {
        const path = await fileOf(file, source);
        const { size } = files.stat(path);
        const { webp, defect } = await reader.ask({ kind: file.task, path, size });
        return webp === undefined ? unconvertible(file, defect) : undefined;
      } catch (error) {
        // What can't be read is told already.
        if (error instanceof PaperwardError) return undefined;
        throw error;
      }
    },
    [Symbol.dispose]: () => reader.close(),
  };
}

function unconvertible(file: PlannedFile, defect = "it can't be read"): ImportProblem {
  return {
    kind: "unreadable file",
    item: `${file.role} of document ${file.pk}`,
    message: `${file.path} can't be made a WebP image: ${defect}`,
    instead: "the record is imported without the file",
  };
}
