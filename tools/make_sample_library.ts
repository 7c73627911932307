// Makes a sample library for trying things out, with the paperless.conf that points at it. The folder must be
// new or empty: nothing is ever overwritten.
//
//   deno run -A tools/make_sample_library.ts FOLDER [--generation v2|v3] [--documents N]

import { parseArgs } from "node:util";
import { makeSampleLibrary } from "../tests/sample_library.ts";

const USAGE = "usage: make_sample_library.ts FOLDER [--generation v2|v3] [--documents N]";

function fail(message: string): never {
  Deno.stderr.writeSync(new TextEncoder().encode(`${message}\n`));
  Deno.exit(2);
}

const { values, positionals: [folder, ...rest] } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    generation: { type: "string", default: "v3" },
    documents: { type: "string", default: "12" },
  },
});
const { generation } = values;
const documents = Number(values.documents);
if (folder === undefined || rest.length > 0) fail(USAGE);
if (generation !== "v2" && generation !== "v3") fail(USAGE);
if (!Number.isInteger(documents) || documents < 1) fail(USAGE);

const library = await makeSampleLibrary(folder, { generation, documents });
const settings = Object.entries(library.env).map(([name, value]) => `${name}=${value}\n`);
await Deno.writeTextFile(`${folder}/paperless.conf`, settings.join(""));
