// Paths of the command line: links are resolved as far as anything is there, and what can't be reached is an
// error that the user understands.

import assert from "node:assert/strict";
import { PaperwardError } from "../../../core/errors.ts";
import { realPath } from "../../../core/sandbox/real_paths.ts";
import { tempFolder } from "../../_fixtures.ts";

Deno.test("links are resolved as far as anything is there", () => {
  using temp = tempFolder();
  const folder = Deno.realPathSync(temp.path);
  Deno.mkdirSync(`${folder}/real`);
  Deno.symlinkSync("real", `${folder}/link`);
  assert.equal(realPath(`${folder}/link/not/there`), `${folder}/real/not/there`);
});

Deno.test("what can't be reached is no defect: a circle of links, a file in the way, a name too long", () => {
  using temp = tempFolder();
  Deno.symlinkSync("loop", `${temp.path}/loop`);
  Deno.writeTextFileSync(`${temp.path}/file`, "");
  for (const name of ["loop", "loop/below", "file/below", "x".repeat(300)]) {
    assert.throws(
      () => realPath(`${temp.path}/${name}`),
      (error) =>
        error instanceof PaperwardError && error.exit === "usage" &&
        error.message.startsWith("Cannot reach "),
      name,
    );
  }
});
