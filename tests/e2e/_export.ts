// What the end-to-end tests share: an export run as a user would run it, and what it must leave alone.

import { readTree, treeChanges, type TreeEntry } from "../_compare_exports.ts";
import { type Library, tempFolder } from "../_fixtures.ts";
import assert from "node:assert/strict";
import { python, type PythonHelper, startPython } from "../_python.ts";
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

/** Holds a lock file as paperless-ngx does. */
export async function holdLock(path: string): Promise<PythonHelper> {
  const holder = startPython(
    `import fcntl, sys
f = open(sys.argv[1], "w")
fcntl.flock(f, fcntl.LOCK_EX)
print("held")
sys.stdin.readline()`,
    path,
  );
  assert.equal(await holder.line(), "held");
  return holder;
}

/** Gives document 1 an original that takes a while to copy, so that a run can be met in the middle. */
export function growOriginal(library: Library): void {
  python(
    `import hashlib, os, sqlite3, sys
folder, database, v3 = sys.argv[1], sys.argv[2], sys.argv[3] == "v3.0.5"
path = folder + "/documents/originals/2024/ACME Corporation Ltd/invoice_en_1.pdf"
digest = hashlib.sha256() if v3 else hashlib.md5()
block = os.urandom(1 << 20) # more than deflate looks back on: a zip must not get small
with open(path, "wb") as f:
    for _ in range(400):
        f.write(block)
        digest.update(block)
db = sqlite3.connect(database)
db.execute("update documents_document set checksum=? where id=1", [digest.hexdigest()])
db.commit()`,
    library.media,
    library.database,
    library.version,
  );
}

/** Waits until something bigger than a few documents was staged: then the big original is on its way. */
export async function copyingBegan(
  ended: Promise<unknown>,
  ...folders: readonly string[]
): Promise<void> {
  const before = folders.map(totalSize);
  let done = false;
  ended.then(() => done = true);
  while (!done) {
    if (folders.some((folder, index) => totalSize(folder) > before[index]! + 20_000_000)) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error("The run ended before it was met in the middle");
}

/** bytes of all files below a folder */
function totalSize(folder: string): number {
  let size = 0;
  try {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      size += isDirectory
        ? totalSize(`${folder}/${name}`)
        : Deno.lstatSync(`${folder}/${name}`).size;
    }
  } catch (error) {
    // Staged files come and go while we look.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return size;
}
