// Entry of the command Worker: everything in it runs with the command's grants only.

import { serveCommand } from "../core/sandbox/serve_command.ts";
import { commands } from "./mod.ts";

serveCommand((name, context, options) => {
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) throw new Error(`No command is named ${name}`);
  return command.run(context, options);
});
