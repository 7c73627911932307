// What the end-to-end tests share: an export run as a user would run it, and what it must leave alone.

import { readTree, treeChanges, type TreeEntry } from "../_compare_exports.ts";
import { type Library, tempFolder } from "../_fixtures.ts";
import { runBinary, type RunOptions, type RunResult } from "../_run_binary.ts";

/** The environment of a run on a library: scratch inside the library's temporary folder. */
export function environment(library: Library): Record<string, string> {
  return { ...library.env, PAPERLESS_SCRATCH_DIR: `${library.folder}/scratch` };
}

/** Runs `document_exporter TARGET …`. */
export function runExport(
  library: Library,
  target: string,
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunResult> {
  return runBinary(["document_exporter", target, ...flags], {
    ...options,
    env: { ...environment(library), ...options.env },
  });
}

/** A temporary folder with an empty target in it, so that what appears beside the target is seen too. */
export function tempTarget(): Disposable & { readonly folder: string; readonly path: string } {
  const temp = tempFolder();
  const path = `${temp.path}/target`;
  Deno.mkdirSync(path);
  return { folder: temp.path, path, [Symbol.dispose]: () => temp[Symbol.dispose]() };
}

/** A look at several folders, to be compared with a later one. */
export interface Look {
  /** What changed since, a line each: nothing must have. */
  changes(): readonly string[];
}

/** Looks at folders now. A run's scratch folder must be empty again, so it counts as part of the tree. */
export function lookAt(...folders: readonly string[]): Look {
  const before = folders.map((folder) => readTree(folder));
  return {
    changes: () =>
      folders.flatMap((folder, index) =>
        treeChanges(withoutScratch(before[index]!), withoutScratch(readTree(folder)))
      ),
  };
}

/** The empty scratch folder itself may stay. */
function withoutScratch(tree: Map<string, TreeEntry>): Map<string, TreeEntry> {
  return new Map([...tree].filter(([path]) => path !== "scratch"));
}

/** Lines of stderr that are an error's own: "Cannot <verb> <thing>: <reason>". */
export function errorLines(result: RunResult): readonly string[] {
  return result.stderr.split("\n").filter((line) => /\bCannot [a-z]+ .+: ./.test(line));
}
