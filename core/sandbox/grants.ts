// From what a command says it needs to what its Worker gets. Invariant: nothing is granted that the command
// did not name, and no command is ever granted `run` or `ffi`.

import type { Access } from "./access.ts";

/** The permissions of a command Worker, in Deno's words. */
export interface Grants {
  readonly read: string[];
  readonly write: string[];
  readonly net: string[] | false;
  readonly env: string[] | false;
  /** Free space of the target is asked by statfs(2). */
  readonly sys: "statfs"[];
  readonly run: false;
  readonly ffi: false;
  readonly import: false;
}

/**
 * Computes the grants of a command Worker. What may be written may be read; its own scratch folder is both.
 *
 * @param access what the command needs, as real absolute paths
 * @param scratch the command's own scratch folder
 */
export function grantsFor(access: Access, scratch: string): Grants {
  const write = unique([...access.write, scratch]);
  return {
    read: unique([...access.read, ...write]),
    write,
    net: access.net?.length ? [...access.net] : false,
    env: access.env?.length ? [...access.env] : false,
    sys: ["statfs"],
    run: false,
    ffi: false,
    import: false,
  };
}

function unique(paths: readonly string[]): string[] {
  return [...new Set(paths)];
}
