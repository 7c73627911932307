// Nothing outside of the roots is opened, listed, written or removed, whatever links and paths say.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { PaperwardError } from "../../../core/errors.ts";
import { openFiles } from "../../../core/library/deno_files.ts";

/** `inside` is granted, `outside` is not, and links in `inside` lead out in every way. */
function makeTrap() {
  const base = Deno.realPathSync(Deno.makeTempDirSync());
  const [inside, outside] = [join(base, "inside"), join(base, "outside")];
  Deno.mkdirSync(join(inside, "folder"), { recursive: true });
  Deno.mkdirSync(outside);
  Deno.writeTextFileSync(join(inside, "file"), "ours");
  Deno.writeTextFileSync(join(outside, "secret"), "theirs");
  Deno.symlinkSync(join(outside, "secret"), join(inside, "link"));
  Deno.symlinkSync(outside, join(inside, "folder-link"));
  Deno.symlinkSync("../outside/secret", join(inside, "relative-link"));
  Deno.symlinkSync(join(outside, "new"), join(inside, "dangling-link"));
  Deno.symlinkSync(join(inside, "file"), join(inside, "inner-link"));
  Deno.symlinkSync(join(inside, "folder"), join(inside, "inner-folder-link"));
  return { base, inside, outside, files: openFiles({ read: [inside], write: [inside] }) };
}

Deno.test("a path that leads out is refused for reading, writing, renaming and removing", () => {
  const { base, inside, outside, files } = makeTrap();
  const escapes = [
    join(outside, "secret"),
    join(inside, "link"),
    join(inside, "relative-link"),
    join(inside, "folder-link", "secret"),
    `${inside}/folder/../../outside/secret`,
    `${inside}-sibling`,
  ];
  for (const path of escapes) {
    throws(() => files.openRead(path), PaperwardError, `read ${path}`);
    throws(() => files.stat(path), PaperwardError, `stat ${path}`);
    throws(() => files.writeBytes(path, "evil"), PaperwardError, `write ${path}`);
    throws(() => files.setTimes(path, 0), PaperwardError, `touch ${path}`);
  }
  throws(() => files.writeBytes(join(inside, "dangling-link"), "evil"), PaperwardError);
  throws(() => files.list(join(inside, "folder-link")), PaperwardError);
  throws(() => files.remove(join(inside, "folder-link", "secret")), PaperwardError);
  throws(() => files.makeFolder(join(inside, "folder-link", "new")), PaperwardError);
  throws(
    () => files.rename(join(inside, "file"), join(inside, "folder-link", "file")),
    PaperwardError,
  );
  throws(() => files.writeBytes(`${inside}/nul\0`, ""), PaperwardError);
  throws(() => files.writeBytes("relative", ""), PaperwardError);
  deepStrictEqual(Array.from(Deno.readDirSync(outside), ({ name }) => name), ["secret"]);
  strictEqual(Deno.readTextFileSync(join(outside, "secret")), "theirs");
  Deno.removeSync(base, { recursive: true });
});

Deno.test("links that stay inside are followed for reading, never for writing", () => {
  const { base, inside, files } = makeTrap();
  strictEqual(files.readText(join(inside, "inner-link")), "ours");
  strictEqual(files.locate(join(inside, "inner-link")).path, join(inside, "file"));
  throws(() => files.writeBytes(join(inside, "inner-link"), "changed"), PaperwardError);
  files.writeBytes(join(inside, "inner-folder-link", "new"), "x");
  strictEqual(Deno.readTextFileSync(join(inside, "folder", "new")), "x");
  Deno.removeSync(base, { recursive: true });
});

Deno.test("removing and renaming act on a link itself, never on what it points to", () => {
  const { base, inside, outside, files } = makeTrap();
  files.remove(join(inside, "link"));
  files.rename(join(inside, "relative-link"), join(inside, "moved"));
  ok(Deno.lstatSync(join(inside, "moved")).isSymlink);
  strictEqual(Deno.readTextFileSync(join(outside, "secret")), "theirs");
  Deno.removeSync(base, { recursive: true });
});

Deno.test("what is no regular file is not opened: a FIFO would hang the run", () => {
  const { base, inside, files } = makeTrap();
  new Deno.Command("mkfifo", { args: [join(inside, "fifo")] }).outputSync();
  throws(() => files.openRead(join(inside, "fifo")), /not a regular file/);
  throws(() => files.openRead(join(inside, "folder")), /not a regular file/);
  Deno.removeSync(base, { recursive: true });
});
