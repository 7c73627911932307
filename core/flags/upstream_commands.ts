// Upstream's own commands, of all releases from 2.0 on: a link that is named like one of them asks for that command,
// whether it is in the table of commands or not. All other names are just the program's.

/** Names of the commands of paperless-ngx 2 and 3. */
export const UPSTREAM_COMMANDS: ReadonlySet<string> = new Set([
  "convert_mariadb_uuid",
  "decrypt_documents",
  "document_archiver",
  "document_consumer",
  "document_create_classifier",
  "document_exporter",
  "document_fuzzy_match",
  "document_importer",
  "document_index",
  "document_llmindex",
  "document_renamer",
  "document_retagger",
  "document_sanity_checker",
  "document_thumbnails",
  "loaddata_stdin",
  "mail_fetcher",
  "manage_superuser",
  "prune_audit_logs",
]);
