// Every command, in the order in which help lists them.

import type { Command } from "./_command.ts";
import { copyDatabase } from "./copy_database.ts";
import { documentExporter } from "./document_exporter.ts";
import { documentFuzzyMatch } from "./document_fuzzy_match.ts";
import { documentImporter } from "./document_importer.ts";
import { documentRenamer } from "./document_renamer.ts";
import { documentRetagger } from "./document_retagger.ts";
import { documentSanityChecker } from "./document_sanity_checker.ts";
import { journal } from "./journal.ts";
import { migrate } from "./migrate.ts";
import { undo } from "./undo.ts";
import { verify } from "./verify.ts";

/** The table of commands. */
export const commands: readonly Command[] = [
  documentExporter,
  documentImporter,
  documentSanityChecker,
  documentFuzzyMatch,
  documentRenamer,
  documentRetagger,
  verify,
  migrate,
  copyDatabase,
  undo,
  journal,
];
