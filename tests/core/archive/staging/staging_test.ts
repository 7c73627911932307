// Two-phase writing: whatever happens, the target holds the old generation or the new one.

import { join } from "node:path";
import { deepStrictEqual as assertEquals, ok as assert, rejects } from "node:assert/strict";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Files } from "../../../../core/library/files.ts";
import type { Change } from "../../../../core/archive/staging/commit_record.ts";
import {
  openStaging,
  recoverTarget,
  STAGING_FOLDER,
} from "../../../../core/archive/staging/staging.ts";

const OLD = { "a.txt": "old a", "b.txt": "old b", "c/d.txt": "old d", "stranger.txt": "not ours" };
/** `a` and `b` swap, `c` turns from a folder into a file, `e` from nothing into a folder. */
const NEW = {
  "a.txt": "old b",
  "b.txt": "old a",
  "c": "now a file",
  "e/f.txt": "new",
  "stranger.txt": "not ours",
};

function write(folder: string, tree: Record<string, string>): void {
  for (const [name, text] of Object.entries(tree)) {
    Deno.mkdirSync(join(folder, name, ".."), { recursive: true });
    Deno.writeTextFileSync(join(folder, name), text);
  }
}

function read(folder: string, below = ""): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const entry of Deno.readDirSync(join(folder, below))) {
    const path = join(below, entry.name);
    if (entry.isDirectory) Object.assign(tree, read(folder, path));
    else tree[path] = Deno.readTextFileSync(join(folder, path));
  }
  return tree;
}

async function exchange(files: Files, target: string): Promise<void> {
  const staging = await openStaging(files, target);
  const changes: Change[] = [{ clear: "c/d.txt" }];
  for (const [name, text] of Object.entries(NEW)) {
    if (name === "stranger.txt") continue;
    const staged = staging.newName();
    files.writeBytes(staging.path(staged), text);
    changes.push({ place: name, staged });
  }
  await staging.commit(changes);
}

/** Fails for good from the n-th change of the file system on, as a process that is killed does. */
function dyingFiles(files: Files, target: string, deadline: number): Files {
  let steps = 0;
  const guarded =
    <Arguments extends unknown[], Result>(act: (...args: Arguments) => Result) =>
    (...args: Arguments) => {
      if (++steps > deadline) throw new Error("killed");
      return act(...args);
    };
  return {
    ...openFiles({ read: [target], write: [target] }),
    writeBytes: guarded(files.writeBytes),
    makeFolder: guarded(files.makeFolder),
    rename: guarded(files.rename),
    remove: guarded(files.remove),
    openWrite(path, options) {
      const file = guarded(files.openWrite)(path, options);
      return { ...file, write: guarded((bytes: Uint8Array) => file.write(bytes)) };
    },
  };
}

Deno.test("a commit exchanges one generation for the other, names that swap included", async () => {
  const target = Deno.makeTempDirSync();
  write(target, OLD);
  await exchange(openFiles({ read: [target], write: [target] }), target);
  assertEquals(read(target), NEW);
  Deno.removeSync(target, { recursive: true });
});

Deno.test("killed at any change of the file system, recovery gives the old generation or the new one", async () => {
  let outcomes = "";
  for (let deadline = 0;; deadline++) {
    const target = Deno.makeTempDirSync();
    write(target, OLD);
    const files = openFiles({ read: [target], write: [target] });
    const died = await exchange(dyingFiles(files, target, deadline), target).then(
      () => false,
      () => true,
    );
    await recoverTarget(files, target);
    const tree = read(target);
    const isNew = "e/f.txt" in tree;
    assertEquals(tree, isNew ? NEW : OLD, `killed at change ${deadline}`);
    assert(!files.exists(join(target, STAGING_FOLDER)), "litter is left");
    outcomes += isNew ? "n" : "o";
    Deno.removeSync(target, { recursive: true });
    if (!died) break;
  }
  // First old, then new, never back: and both happened, so the kills hit both phases.
  assert(/^o{5,}n{5,}$/.test(outcomes), outcomes);
});

Deno.test("a commit record that is cut short counts for nothing", async () => {
  const target = Deno.makeTempDirSync();
  write(target, OLD);
  const files = openFiles({ read: [target], write: [target] });
  await exchange(dyingFiles(files, target, 12), target).catch(() => {});
  const record = join(target, STAGING_FOLDER, "commit-record");
  const complete = Array.from({ length: 40 }, (_, deadline) => deadline);
  for (const deadline of complete) {
    if (files.exists(record)) break;
    await recoverTarget(files, target);
    await exchange(dyingFiles(files, target, deadline), target).catch(() => {});
  }
  const text = Deno.readTextFileSync(record);
  Deno.writeTextFileSync(record, text.slice(0, -10));
  const before = read(target);
  await recoverTarget(files, target);
  delete before[join(STAGING_FOLDER, "commit-record")];
  for (const path of Object.keys(before)) if (path.startsWith(STAGING_FOLDER)) delete before[path];
  assertEquals(read(target), before);
  Deno.removeSync(target, { recursive: true });
});

Deno.test("a hostile commit record leads nowhere", async () => {
  const outside = Deno.makeTempDirSync();
  const target = join(outside, "target");
  write(outside, { "victim.txt": "mine", [`target/${STAGING_FOLDER}/0000001`]: "evil" });
  for (
    const step of [{ place: "../victim.txt", staged: "0000001" }, { remove: "../victim.txt" }, {
      clear: "/etc/x",
    }]
  ) {
    const files = openFiles({ read: [target], write: [target] });
    const lines = `{"paperward":"commit record","version":1}\n${JSON.stringify(step)}\n`;
    const digest = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines)),
    );
    files.makeFolder(join(target, STAGING_FOLDER));
    files.writeBytes(
      join(target, STAGING_FOLDER, "commit-record"),
      lines + JSON.stringify({ end: 1, sha256: digest.toHex() }) + "\n",
    );
    const recovery = await recoverTarget(files, target);
    assertEquals(recovery.rolledForward, undefined);
    assertEquals(Deno.readTextFileSync(join(outside, "victim.txt")), "mine");
  }
  Deno.removeSync(outside, { recursive: true });
});

Deno.test("a step that could not be read back stops a commit before it counts", async () => {
  for (const place of ["../x", "/x", "a//b", "a\0b", ""]) {
    const target = Deno.makeTempDirSync();
    write(target, OLD);
    const files = openFiles({ read: [target], write: [target] });
    const staging = await openStaging(files, target);
    const staged = staging.newName();
    files.writeBytes(staging.path(staged), "new");
    await rejects(staging.commit([{ place: "a.txt", staged }, { place, staged: "0000009" }]));
    staging.discard();
    assertEquals(read(target), OLD, JSON.stringify(place));
    Deno.removeSync(target, { recursive: true });
  }
});
