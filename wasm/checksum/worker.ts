// Entry of the transfer Workers. They hold read and write on the folders that their pool was opened with, and
// nothing else.

import { serveRuns } from "../pool.ts";
import { denoTransferIo } from "./transfer_io.ts";
import { type Outcome, runTasks, type Task } from "./_tasks.ts";

serveRuns<Task, Outcome>((queue, context) => runTasks(queue, denoTransferIo, context));
