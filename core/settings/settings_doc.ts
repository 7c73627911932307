// docs/settings.md, written from the table of variables; a test holds the file to it.

import { type Variable, VARIABLES } from "./variables.ts";

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function row({ name, kind, choices, default: fallback, doc, only, flag }: Variable): string {
  const type = choices ? choices.map((choice) => `\`${choice}\``).join(", ") : kind;
  const notes = [doc, only && `Only ${only}.`, flag && `\`${flag}\` wins over it.`];
  return `| \`${name}\` | ${cell(type)} | ${cell(fallback)} | ${
    cell(notes.filter(Boolean).join(" "))
  } |`;
}

/** The text of docs/settings.md. */
export function settingsDoc(): string {
  return `# Settings

Written from \`core/settings/variables.ts\` by \`deno run -A tools/write_settings_doc.ts\`.

Paperward finds a library as paperless-ngx does. What is named first wins:

1. the flags \`--data-dir\`, \`--media-root\`, \`--database-url\`, \`--config\`;
2. \`PAPERLESS_*\` variables of the environment;
3. one configuration file: the one named by \`--config\`, otherwise the first that exists of
   \`$PAPERLESS_CONFIGURATION_PATH\`, \`../paperless.conf\`, \`/etc/paperless.conf\` and
   \`/usr/local/etc/paperless.conf\`.

In both, \`PAPERLESS_X_FILE\` names a file that holds the value of \`PAPERLESS_X\` and wins over it (not
\`PAPERLESS_OCR_SKIP_ARCHIVE_FILE\` and \`PAPERLESS_MODEL_FILE\`, which are settings of their own); a
newline at its end is dropped. Relative paths begin in the folder that Paperward is called in. Links are
resolved.

The file is read as paperless-ngx reads it: \`KEY=value\`, single and double quotes, \`export\`, comments
behind \`#\`, \`\${NAME}\` and \`\${NAME:-default}\`. A line that can't be understood is reported and skipped.

If Deno itself ends with \`Could not convert path to URL\` or \`panicked\` instead: \`TMPDIR\` is empty or
relative, or the folder that Paperward is called in was deleted.

| Variable | Type | Default | Meaning |
| --- | --- | --- | --- |
${VARIABLES.map(row).join("\n")}

Booleans: \`yes\`, \`y\`, \`1\`, \`t\`, \`true\` in any case are true; \`no\`, \`n\`, \`0\`, \`f\`, \`false\` and
nothing are false. Anything else is false with a warning: paperless-ngx 2 takes it for false, 3 does not
start.

## --database-url

| Form | Meaning |
| --- | --- |
| \`/data/db.sqlite3\`, \`sqlite:///data/db.sqlite3\` | an SQLite file |
| \`postgres://user:password@host:port/name?sslmode=require\` | PostgreSQL |
| \`postgres:///name?host=/var/run/postgresql\` | PostgreSQL by its Unix socket |
| \`mariadb://user@host:port/name\`, \`mysql://…\` | MariaDB |
| \`mariadb:///name?socket=/run/mysqld/mysqld.sock\` | MariaDB by its Unix socket |

Options: \`sslmode\`, \`sslrootcert\`, \`sslcert\`, \`sslkey\`, \`connect_timeout\` (seconds). What the URL leaves
out comes from the \`PAPERLESS_DB*\` variables: leave the password there, since every process can read a
command line. Characters such as \`@\`, \`:\`, \`/\`, \`%\` in a name or password are written as \`%40\`, \`%3A\`,
\`%2F\`, \`%25\`.
`;
}
