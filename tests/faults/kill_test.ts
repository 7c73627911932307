// Issue 3, section 7: `kill -9` of the compiled binary at fifty random moments. Before anything is mended the
// target holds the old generation, the new one, or a complete commit record; a plain re-run then succeeds.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { assertEqualExports, type ExportContent, readExport } from "../_compare_exports.ts";
import {
  type FixtureVersion,
  type Library,
  listFiles,
  sha256,
  tempFolder,
  unpackLibrary,
} from "../_fixtures.ts";
import { hasPython, python } from "../_python.ts";
import { assertCode, runBinary, startBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { environment } from "../e2e/_export.ts";
import { afterMs, type Moment, randomNumbers, randomSeed, whenSeen } from "../_moments.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

const KILLS = { folder: 50, zip: 12 };
const STAGING = ".paperward-staging";
const RECORD = `${STAGING}/commit-record`;

const seed = randomSeed();

/** Changes a library so that its next export has new content under an old name, names that go, names that
 * come, and names that change places. */
function change({ database, media, version }: Library): void {
  python(
    `import hashlib, re, sqlite3, sys
database, media, v3 = sys.argv[1], sys.argv[2], sys.argv[3] == "v3.0.5"
db = sqlite3.connect(database)
db.create_function("REGEXP", 2, lambda p, s: s is not None and bool(re.search(p, str(s))), deterministic=True)
same = "correspondent_id=null, created='2024-05-11'"
db.execute(f"update documents_document set {same}, title=case id when 20 then 'near_dup_b' when 21 then 'near_dup_c' when 22 then 'near_dup_a' end where id in (20, 21, 22)")
db.execute("update documents_document set created='2001-01-01' where id between 11 and 19")
for id, in db.execute("select id from documents_document where mime_type='text/plain'").fetchall():
    name, = db.execute("select filename from documents_document where id=?", [id]).fetchone()
    text = f"document {id} changed since the last export\\n".encode() * 1000
    open(f"{media}/documents/originals/{name}", "wb").write(text)
    digest = (hashlib.sha256 if v3 else hashlib.md5)(text).hexdigest()
    db.execute("update documents_document set checksum=? where id=?", [digest, id])
db.commit()`,
    database,
    media,
    version,
  );
}

/** Two generations of an export, and the library of the newer one. */
interface Generations extends Disposable {
  readonly library: Library;
  /** A folder that holds the old export. */
  readonly old: string;
  readonly oldContent: ExportContent;
  readonly newContent: ExportContent;
  /** A fresh copy of the old export, in a folder of its own. */
  copyOld(): ReturnType<typeof tempFolder>;
}

async function makeGenerations(
  version: FixtureVersion,
  flags: readonly string[],
  file = "",
): Promise<Generations> {
  const library = unpackLibrary(version);
  const temp = tempFolder();
  const [old, fresh] = [`${temp.path}/old`, `${temp.path}/fresh`];
  const env = environment(library);
  for (const target of [old, fresh]) {
    Deno.mkdirSync(target);
    if (target === fresh) change(library);
    assertCode(await runBinary(["document_exporter", target, ...flags], { env }), 0);
  }
  const [oldContent, newContent] = [readExport(old + file), readExport(fresh + file)];
  assert.notDeepEqual([...oldContent.files.keys()], [...newContent.files.keys()]);
  return {
    library,
    old,
    oldContent,
    newContent,
    copyOld() {
      const copy = tempFolder();
      assert.ok(
        new Deno.Command("cp", { args: ["-a", `${old}/.`, copy.path] }).outputSync().success,
      );
      return copy;
    },
    [Symbol.dispose]() {
      library[Symbol.dispose]();
      temp[Symbol.dispose]();
    },
  };
}

/** What a killed run left. */
type Left = "old" | "new" | "recorded";

/** Says which generation a folder holds. @throws {Error} where it is neither, and nothing can mend it */
function generation(target: string, { oldContent, newContent }: Generations): Left {
  if (isCompleteRecord(`${target}/${RECORD}`)) return "recorded";
  const [fromOld, fromNew] = [missing(target, oldContent), missing(target, newContent)];
  if (fromOld.length === 0) return "old";
  if (fromNew.length === 0) return "new";
  throw new Error(
    `A mix of generations, and no commit record.\n  Not as in the old: ${
      fromOld.slice(0, 8).join(", ")
    }` +
      `\n  Not as in the new: ${fromNew.slice(0, 8).join(", ")}`,
  );
}

/** Files of a generation that the target doesn't hold with these bytes. Manifests count as bytes here. */
function missing(target: string, content: ExportContent): readonly string[] {
  return [...content.files].filter(([path, file]) => {
    try {
      return sha256(Deno.readFileSync(`${target}/${path}`)) !== file.sha256;
    } catch {
      return true;
    }
  }).map(([path]) => path);
}

/** Read apart from the product's own reader: lines, the last one with their number and checksum. */
function isCompleteRecord(path: string): boolean {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    return false;
  }
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 2) return false;
  const last = JSON.parse(lines.pop()!) as { readonly end?: number; readonly sha256?: string };
  const body = lines.map((line) => line + "\n").join("");
  return last.end === lines.length - 1 &&
    last.sha256 === createHash("sha256").update(body).digest("hex");
}

function countStaged(target: string): number {
  try {
    return [...Deno.readDirSync(`${target}/${STAGING}`)].length;
  } catch {
    return 0;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A moment for the n-th kill: by the clock, by what is staged, or in the middle of the commit. */
function pickMoment(
  n: number,
  random: () => number,
  longestMs: number,
  newNames: readonly string[],
  target: string,
): Moment {
  if (n % 5 < 2) return afterMs(random() * longestMs);
  if (n % 5 === 2) {
    const staged = 1 + Math.floor(random() * 8);
    return whenSeen(() => countStaged(target) >= staged);
  }
  if (n % 5 === 3) return whenSeen(() => exists(`${target}/${RECORD}`));
  const placed = newNames[Math.floor(random() * newNames.length)]!;
  return whenSeen(() => exists(`${target}/${placed}`));
}

for (const version of ["v2.20.15", "v3.0.5"] as const) {
  Deno.test({
    name: `${version}: kill -9 ${
      KILLS.folder / 2
    } times: the old export or the new one, and a re-run mends it`,
    ignore,
    fn: async () => {
      const flags = ["-d"];
      using generations = await makeGenerations(version, flags);
      const { library, oldContent, newContent } = generations;
      const env = environment(library);
      const random = randomNumbers(seed);
      const newNames = [...newContent.files.keys()].filter((path) => !oldContent.files.has(path));
      assert.ok(newNames.length > 10);

      const begin = performance.now();
      {
        using copy = generations.copyOld();
        assertCode(await runBinary(["document_exporter", copy.path, ...flags], { env }), 0);
        assertEqualExports(copy.path, newContent);
      }
      const longestMs = performance.now() - begin;

      const seen = { old: 0, new: 0, recorded: 0, litter: 0 };
      for (let n = 0; n < KILLS.folder / 2; n++) {
        using copy = generations.copyOld();
        const running = startBinary(["document_exporter", copy.path, ...flags], { env });
        await pickMoment(n, random, longestMs, newNames, copy.path)(running);
        running.kill("SIGKILL");
        await running.ended;
        try {
          seen[generation(copy.path, generations)]++;
          if (exists(`${copy.path}/${STAGING}`)) seen.litter++;
          assertCode(await runBinary(["document_exporter", copy.path, ...flags], { env }), 0);
          assertEqualExports(copy.path, newContent);
        } catch (error) {
          throw new Error(
            `Kill ${n} of seed ${seed}: ${error instanceof Error ? error.message : error}`,
          );
        }
      }
      assert.deepEqual(listFiles(library.folder).filter((path) => path.startsWith("scratch/")), []);
      // Kills that only ever hit the start or the end would prove nothing.
      assert.ok(seen.litter >= 3 && seen.old >= 1, `what the kills left: ${JSON.stringify(seen)}`);
      assert.ok(seen.recorded + seen.new >= 1, `what the kills left: ${JSON.stringify(seen)}`);
    },
  });

  Deno.test({
    name: `${version}: kill -9 ${
      KILLS.zip / 2
    } times while a zip is written: the old zip or the new one`,
    ignore,
    fn: async () => {
      const flags = ["-z", "-zn", "all", "-d"];
      using generations = await makeGenerations(version, flags, "/all.zip");
      const { library, newContent } = generations;
      const env = environment(library);
      const random = randomNumbers(seed);
      const oldBytes = sha256(Deno.readFileSync(`${generations.old}/all.zip`));
      const begin = performance.now();
      {
        using copy = generations.copyOld();
        assertCode(await runBinary(["document_exporter", copy.path, ...flags], { env }), 0);
      }
      const longestMs = performance.now() - begin;
      for (let n = 0; n < KILLS.zip / 2; n++) {
        using copy = generations.copyOld();
        const running = startBinary(["document_exporter", copy.path, ...flags], { env });
        const moment = n % 2 === 0
          ? afterMs(random() * longestMs)
          : whenSeen(() =>
            countStaged(copy.path) > 0 || [...Deno.readDirSync(copy.path)].length > 1
          );
        await moment(running);
        running.kill("SIGKILL");
        await running.ended;
        try {
          const zip = `${copy.path}/all.zip`;
          if (sha256(Deno.readFileSync(zip)) !== oldBytes) assertEqualExports(zip, newContent);
          assertCode(await runBinary(["document_exporter", copy.path, ...flags], { env }), 0);
          assertEqualExports(zip, newContent);
          assert.deepEqual(listFiles(copy.path), ["all.zip"]);
        } catch (error) {
          throw new Error(
            `Kill ${n} of seed ${seed}: ${error instanceof Error ? error.message : error}`,
          );
        }
      }
    },
  });
}
