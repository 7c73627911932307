// A file system with little room, for tests of what happens when there is none left. Needs root.

import { tempFolder } from "./_fixtures.ts";

/** Mounts one. @param size as mount takes it: `4m` @param at an empty folder @default {a temporary one} */
export function smallDisk(size: string, at?: string): Disposable & { readonly path: string } {
  using cleanup = new DisposableStack();
  const path = at ?? cleanup.use(tempFolder()).path;
  const run = (command: string, args: string[]) => {
    const { success, stderr } = new Deno.Command(command, { args }).outputSync();
    if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  };
  run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
  cleanup.defer(() => run("umount", [path]));
  const kept = cleanup.move();
  return { path, [Symbol.dispose]: () => kept.dispose() };
}
