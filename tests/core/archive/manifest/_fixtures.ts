// Where the recorded libraries are, and how tests that need them are skipped with a clear line.

import { gunzipSync } from "node:zlib";

/** The folder of fixtures beside the project. */
export const FIXTURES = new URL("../../../../../shared/fixtures/", import.meta.url).pathname;

/** The two generations that have recorded exports. */
export const GENERATIONS = [
  { folder: "v2.20.15", layout: "v2" },
  { folder: "v3.0.5", layout: "v3" },
] as const;

/** Whether the fixtures are there. */
export function fixturesPresent(): boolean {
  try {
    return Deno.statSync(FIXTURES).isDirectory;
  } catch {
    return false;
  }
}

/** Registers a test that is skipped, and says so, where the fixtures are missing. */
export function fixtureTest(
  name: string,
  body: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const present = fixturesPresent();
  Deno.test({
    name: present ? name : `${name} (skipped: no fixtures in ../shared)`,
    ignore: !present,
    fn: body,
  });
}

/** The bytes of a file of the fixtures; `.gz` beside it is unpacked. */
export function fixtureBytes(path: string): Uint8Array {
  try {
    return Deno.readFileSync(FIXTURES + path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return gunzipSync(Deno.readFileSync(`${FIXTURES}${path}.gz`));
  }
}

/** Every recorded export: folder below the fixtures, and the layout of its main manifest. */
export function recordedExports(): { readonly folder: string; readonly layout: "v2" | "v3" }[] {
  const found: { folder: string; layout: "v2" | "v3" }[] = [];
  for (const { folder, layout } of GENERATIONS) {
    for (const entry of Deno.readDirSync(`${FIXTURES}${folder}/exports`)) {
      if (entry.isDirectory && !entry.name.startsWith("z")) {
        found.push({ folder: `${folder}/exports/${entry.name}`, layout });
      }
    }
  }
  return found.sort((a, b) => a.folder < b.folder ? -1 : 1);
}

/** The manifests of a recorded export, the main one first. */
export function recordedManifests(folder: string): string[] {
  const found: string[] = [];
  const walk = (below: string) => {
    for (const entry of Deno.readDirSync(FIXTURES + folder + below)) {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory) walk(path);
      else if (/^manifest\.json(\.gz)?$/.test(entry.name) && below === "") {
        found.unshift(folder + path.replace(/\.gz$/, ""));
      } else if (/-manifest\.json(\.gz)?$/.test(entry.name)) {
        found.push(folder + path.replace(/\.gz$/, ""));
      }
    }
  };
  walk("");
  return found;
}
