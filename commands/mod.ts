// Every command, in the order in which help lists them.

import type { Command } from "./_command.ts";
import { documentExporter } from "./document_exporter.ts";

/** The table of commands. */
export const commands: readonly Command[] = [documentExporter];
