// Entry of the Worker that moves files. It holds read and write on the media folder, and nothing else.

import { serveJobs } from "../../../wasm/pool.ts";
import { openFiles } from "../deno_files.ts";
import type { Files } from "../files.ts";
import { type MadeMoves, makeMoves, type MoveOrder } from "./make_moves.ts";

let files: Files | undefined;

serveJobs<MoveOrder, MadeMoves>((order, { init }) => {
  files ??= openFiles({ read: [], write: [String(init)] });
  return makeMoves(files, order);
});
