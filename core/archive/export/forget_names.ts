// Takes the names of files that could not be exported out of a manifest that is already written: upstream
// imports a document without thumbnail or archive, but stops where a file is named and missing.

import type { Files } from "../../library/files.ts";
import { readChunks } from "../../library/read_chunks.ts";

/** Keys whose files a document can do without (export-format.md §4.3). */
const DISPENSABLE =
  /^\s*"(?:__exported_thumbnail_name__|__exported_archive_name__|__exported_share_link_bundle_name__)": (".*"),?$/;

/** Characters gathered before they are written. */
const BUFFER = 1 << 18;

/**
 * Rewrites a manifest without some names. Its layout is the writer's own: one key a line.
 *
 * @param names of files that are not in the export
 * @returns how many were taken out; the manifest is untouched where none was
 */
export function forgetNames(files: Files, path: string, names: ReadonlySet<string>): number {
  const draft = `${path}.draft`;
  const out = files.openWrite(draft, { exclusive: true });
  const encoder = new TextEncoder();
  let pending = "";
  const flush = () => {
    out.write(encoder.encode(pending));
    pending = "";
  };
  let forgotten = 0;
  try {
    // A line waits for the next one: what was last among its keys must not keep its comma.
    let waiting: string | undefined;
    for (const line of linesOf(files, path)) {
      const name = DISPENSABLE.exec(line)?.[1];
      if (name !== undefined && names.has(JSON.parse(name))) {
        forgotten++;
        if (!line.endsWith(",")) waiting = waiting?.replace(/,$/, "");
        continue;
      }
      if (waiting !== undefined) pending += waiting + "\n";
      if (pending.length >= BUFFER) flush();
      waiting = line;
    }
    pending += waiting ?? "";
    flush();
  } finally {
    out.close();
  }
  if (forgotten > 0) files.rename(draft, path);
  else files.remove(draft);
  return forgotten;
}

function* linesOf(files: Files, path: string): Generator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  for (const chunk of readChunks(files, path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}
