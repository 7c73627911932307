// Proves a folder export against its own manifest: every file that it names is there with the checksum that
// the database had, and nothing else is. Uses none of our code, so that it can't share a mistake with it.
//
//   deno run --allow-read tools/check_export.ts EXPORT

import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** A record of the manifest, as far as files go. */
interface ManifestRecord {
  readonly model: string;
  readonly pk: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly [key: `__exported_${string}__`]: string;
}

/** The keys that name a file, and the field with its checksum; thumbnails and bundles have none. */
const FILES = [
  ["original", "__exported_file_name__", "checksum"],
  ["archive", "__exported_archive_name__", "archive_checksum"],
  ["thumbnail", "__exported_thumbnail_name__", null],
  ["bundle", "__exported_share_link_bundle_name__", null],
] as const;

/** MD5 up to version 2, SHA-256 since version 3, told apart by their length in hex digits. */
const ALGORITHMS: Readonly<Record<number, string>> = { 32: "md5", 64: "sha256" };

async function digest(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function checkFile(path: string, checksum: unknown): Promise<string | undefined> {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isFile()) return "is missing";
  if (status.size === 0) return "is empty";
  if (checksum === null) return undefined;
  const algorithm = ALGORITHMS[String(checksum).length];
  if (algorithm === undefined) return `has a checksum that is none: ${checksum}`;
  const found = await digest(path, algorithm);
  return found === checksum ? undefined : `has the ${algorithm} ${found} instead of ${checksum}`;
}

async function checkExport(root: string): Promise<number> {
  const say = (line: string): number =>
    Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  const records: readonly ManifestRecord[] = JSON.parse(
    readFileSync(join(root, "manifest.json"), "utf8"),
  );
  const strangers = new Set(filesBelow(root));
  strangers.delete("manifest.json");
  strangers.delete("metadata.json");
  let problems = 0;
  for (const [kind, key, field] of FILES) {
    const named = records.filter((record) => record[key] !== undefined);
    let right = 0;
    for (const record of named) {
      const name = record[key]!;
      strangers.delete(name);
      const problem = await checkFile(join(root, name), field && record.fields[field]);
      if (problem === undefined) {
        right++;
        continue;
      }
      say(`${kind} of ${record.model} ${record.pk}: ${name} ${problem}`);
    }
    problems += named.length - right;
    if (named.length === 0 && kind === "bundle") continue;
    say(
      `${kind}s: ${named.length}, ${right} of them ${field ? "with the right checksum" : "there"}`,
    );
  }
  for (const stranger of strangers) say(`not in the manifest: ${stranger}`);
  problems += strangers.size;
  say(problems === 0 ? "The export is whole." : `The export has ${problems} problems.`);
  return problems;
}

const [root, ...rest] = Deno.args;
if (root === undefined || rest.length > 0) {
  Deno.stderr.writeSync(new TextEncoder().encode("usage: check_export.ts EXPORT\n"));
  Deno.exit(2);
}
Deno.exit(await checkExport(root) === 0 ? 0 : 1);
