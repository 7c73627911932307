// media.lock as paperless-ngx takes it: flock(2), honoured between processes, also when it is unlinked.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { lockFile } from "../../../core/library/media_lock.ts";
import { StopSignal } from "../../../core/sandbox/stop_signal.ts";

/** Another process that holds the lock until its standard input closes; unlinks it first if asked to (v3). */
function holder(path: string, unlink: boolean) {
  const script = `
import fcntl, os, sys
f = open(${JSON.stringify(path)}, "w")
fcntl.flock(f, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
if ${unlink ? "True" : "False"}: os.unlink(${JSON.stringify(path)})
`;
  const child = new Deno.Command("python3", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  return {
    held: child.stdout.getReader().read(),
    release: async () => {
      await child.stdin.close();
      await child.status;
    },
  };
}

for (const unlink of [false, true]) {
  Deno.test({
    name: `a lock held by another process is waited for${
      unlink ? ", though its file is unlinked on release" : ""
    }`,
    // The reader of the child's output and the op of a lock under way outlive the test's own steps.
    sanitizeResources: false,
    sanitizeOps: false,
    async fn() {
      const folder = Deno.makeTempDirSync();
      const path = join(folder, "media.lock");
      const other = holder(path, unlink);
      await other.held;
      const events: string[] = [];
      const waiting = lockFile(path, {
        stop: new StopSignal(),
        onWaiting: () => events.push("waiting"),
      })
        .then((lock) => {
          events.push("held");
          return lock;
        });
      while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await other.release();
      const lock = await waiting;
      deepStrictEqual(events, ["waiting", "held"]);
      // What is locked is the file that others find by its name.
      const taken = await new Deno.Command("flock", { args: ["-n", path, "true"] }).output();
      strictEqual(taken.code, 1);
      lock?.release();
      strictEqual(
        (await new Deno.Command("flock", { args: ["-n", path, "true"] }).output()).code,
        0,
      );
      Deno.removeSync(folder, { recursive: true });
    },
  });
}

Deno.test({
  name: "after the time limit the exit code is that of a lock, and a stop ends the waiting",
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    const folder = Deno.makeTempDirSync();
    const path = join(folder, "media.lock");
    const other = holder(path, false);
    await other.held;
    await rejects(lockFile(path, { stop: new StopSignal(), timeoutMs: 1 }), {
      name: "PaperwardError",
      exit: "locked",
    });
    const stop = new StopSignal();
    const waiting = lockFile(path, { stop });
    stop.request(2);
    await rejects(waiting, { name: "StopRequested", exit: "interrupted" });
    await other.release();
    Deno.removeSync(folder, { recursive: true });
  },
});

Deno.test("a link in the place of the lock is refused, what it points to is not touched", async () => {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(join(folder, "victim"), "mine");
  Deno.symlinkSync(join(folder, "victim"), join(folder, "media.lock"));
  await rejects(lockFile(join(folder, "media.lock"), { stop: new StopSignal() }), /symbolic link/);
  ok(Deno.lstatSync(join(folder, "media.lock")).isSymlink);
  Deno.removeSync(folder, { recursive: true });
});
