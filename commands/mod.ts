// Every command, in the order in which help lists them.

import type { Command } from "./_command.ts";
import { documentExporter } from "./document_exporter.ts";
import { documentImporter } from "./document_importer.ts";
import { migrate } from "./migrate.ts";

/** The table of commands. */
export const commands: readonly Command[] = [documentExporter, documentImporter, migrate];
