// The file namer of a run: of its settings, and with its warnings.

import type { CommandContext } from "../../sandbox/context.ts";
import type { Generation } from "../../schema/model.ts";
import { type FileNamer, openFileNamer } from "./file_namer.ts";

/** Opens the namer of a library; templates that fail are told once each. */
export function openNamer(
  { files, scratch, settings, report }: CommandContext,
  generation: Generation,
): FileNamer {
  return openFileNamer({
    files,
    scratch,
    generation,
    settings,
    onProblem({ id, message, repeated }) {
      if (!repeated) report.warn(`Document ${id}: ${message}`);
    },
  });
}
