// Makes each package that the sources import one file, and the import map name it. Run by compile.sh in its copy
// of the sources: the compiler takes packages wholesale, every variant of each, and a binary reads all that it
// holds at every start.
// Invariant: afterwards nothing in the folder refers to node_modules, and each file exports what the package did.
//
//   deno run -A tools/bundle_packages.ts main.ts commands/worker.ts …

import { basename, join } from "node:path";

/** Where the files go; the chunks that they share, too. */
const FOLDER = "packages";

/** What of `deno info --json` is looked at. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly dependencies?: readonly {
      readonly specifier: string;
      /** Absent where only types are imported. */
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

async function deno(...args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`deno ${args.slice(0, 3).join(" ")} … failed (see above)`);
  return new TextDecoder().decode(stdout);
}

/** Names by which the modules behind these entries import packages. */
async function importedPackages(entries: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const entry of entries) {
    const { modules }: ModuleGraph = JSON.parse(await deno("info", "--json", entry));
    for (const { specifier, code } of modules.flatMap((module) => module.dependencies ?? [])) {
      if (code?.specifier?.startsWith("npm:")) found.add(specifier);
    }
  }
  return [...found].sort();
}

/** A module that exports what another does: names are listed, since those of the old kind of modules (CommonJS)
 * are known only once they ran. */
async function reexport(specifier: string): Promise<string> {
  const names = Object.keys(await import(import.meta.resolve(specifier)))
    // Deno adds "module.exports" to the old kind.
    .filter((name) => /^[\w$]+$/.test(name));
  return `export { ${names.join(", ")} } from ${JSON.stringify(specifier)};\n`;
}

const packages = await importedPackages(Deno.args);
const imports: Record<string, string> = {};
const entries: string[] = [];
Deno.mkdirSync(FOLDER);
for (const specifier of packages) {
  if (specifier.endsWith(".wasm")) {
    const path = join(FOLDER, basename(specifier));
    Deno.copyFileSync(new URL(import.meta.resolve(specifier)), path);
    imports[specifier] = `./${path}`;
    continue;
  }
  const name = specifier.replace(/\.js$/, "").replaceAll(/[@/]+/g, "_");
  const entry = `${name}.ts`;
  Deno.writeTextFileSync(entry, await reexport(specifier));
  entries.push(entry);
  imports[specifier] = `./${join(FOLDER, `${name}.js`)}`;
}
await deno("bundle", "--quiet", "--code-splitting", "--outdir", FOLDER, ...entries);
for (const entry of entries) Deno.removeSync(entry);

const configuration = JSON.parse(Deno.readTextFileSync("deno.json"));
const { lock: _, ...rest } = configuration;
Deno.writeTextFileSync(
  "deno.json",
  `${JSON.stringify({ ...rest, nodeModulesDir: "none", imports }, null, 2)}\n`,
);
Deno.removeSync("node_modules", { recursive: true });
