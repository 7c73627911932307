// Whether a target's folder is empty is asked by listing it: cheap for the small, never done for the large,
// where the list alone would take more memory than the whole export.

import { deepStrictEqual } from "node:assert/strict";
import { type Compared, compareFiles } from "../../../../core/archive/export/compare_files.ts";
import type { WantedFile } from "../../../../core/archive/export/planned_file.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Files } from "../../../../core/library/files.ts";
import { inlineTransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { tempFolder } from "../../../_fixtures.ts";

for (const size of [4096, 25_000_000]) {
  Deno.test(`files of a folder of ${size} bytes are compared the same, listed or not`, async () => {
    using temp = tempFolder();
    const [library, target] = [`${temp.path}/library`, `${temp.path}/target`];
    Deno.mkdirSync(library);
    Deno.mkdirSync(`${target}/some`, { recursive: true });
    Deno.mkdirSync(`${target}/none`);
    const names = ["some/same", "some/other", "some/new", "none/new", "nowhere/new"];
    const wanted = names.map((name, id): WantedFile => {
      const source = `${library}/${id}`;
      Deno.writeTextFileSync(source, "four");
      Deno.utimeSync(source, 5, 5);
      return { role: "original", id, source, name, checksum: null };
    });
    for (const [name, text] of [["some/same", "four"], ["some/other", "fives"]] as const) {
      Deno.writeTextFileSync(`${target}/${name}`, text);
      Deno.utimeSync(`${target}/${name}`, 5, 5);
    }
    const real = openFiles({ read: [library], write: [target] });
    const listed: string[] = [];
    const files: Files = {
      ...real,
      stat: (path) => ({ ...real.stat(path), size }),
      list(folder) {
        listed.push(folder.slice(target.length));
        return real.list(folder);
      },
    };
    const compared: Compared[] = [];
    await compareFiles(files, wanted, {
      target,
      compareChecksums: false,
      timeGrain: 1,
      algorithm: "sha256",
      transfers: inlineTransferPool(),
      stop: new SharedArrayBuffer(4),
    }, (result) => compared.push(result));
    deepStrictEqual(
      compared.map((each) => "planned" in each ? each.planned.reason : each.problem),
      ["unchanged", "size differs", "new", "new", "new"],
    );
    deepStrictEqual(listed, size < 65_536 ? ["/some", "/none"] : []);
  });
}
