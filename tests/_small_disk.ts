// A file system with little room, for tests of what happens when there is none left. Needs root.

import { tempFolder } from "./_fixtures.ts";

/** Mounts one on a temporary folder. @param size as mount takes it: `4m` */
export function smallDisk(size: string): Disposable & { readonly path: string } {
  const temp = tempFolder();
  const run = (command: string, args: string[]) => {
    const { success, stderr } = new Deno.Command(command, { args }).outputSync();
    if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  };
  run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", temp.path]);
  return {
    path: temp.path,
    [Symbol.dispose]() {
      run("umount", [temp.path]);
      temp[Symbol.dispose]();
    },
  };
}
