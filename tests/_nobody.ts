// Another user than the one who runs the tests, where that is root.

import { ok } from "node:assert/strict";

const ID = 65534;

/** A wrapper of the binary: it runs as the user `nobody`, whom the system's access bits hold for. */
export const NOBODY: readonly string[] = [
  "setpriv",
  `--reuid=${ID}`,
  `--regid=${ID}`,
  "--clear-groups",
];

/** Makes a file, or a folder and all below it, one of that user's. */
export function giveToNobody(path: string): void {
  ok(new Deno.Command("chown", { args: ["-R", `${ID}:${ID}`, path] }).outputSync().success);
}
