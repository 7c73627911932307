// Reports beside stdout take the place of reports only, and leave nothing behind where they didn't come about.

import assert from "node:assert/strict";
import { PaperwardError } from "../../../core/errors.ts";
import { openFiles } from "../../../core/library/deno_files.ts";
import { openReportFiles } from "../../../core/report/report_files.ts";
import { tempFolder } from "../../_fixtures.ts";

Deno.test("a report replaces a report or an empty file, never a database or a document", () => {
  using temp = tempFolder();
  const files = openFiles({ read: [], write: [temp.path] });
  const path = `${temp.path}/page.html`;
  for (const before of [undefined, "", "<!doctype html>\n<p>old, and longer than the new one"]) {
    if (before !== undefined) Deno.writeTextFileSync(path, before);
    const reports = openReportFiles(files, { html: path, junit: undefined });
    reports.write("html", () => ["<!doctype html>", "new"]);
    reports.write("junit", () => ["nobody asked"]);
    reports.close();
    assert.equal(Deno.readTextFileSync(path), "<!doctype html>new");
  }
  for (const before of ["SQLite format 3\0", "my notes", "<?xml version='1.0'?>", "%PDF-1.7"]) {
    Deno.writeTextFileSync(path, before);
    assert.throws(
      () => openReportFiles(files, { html: path }),
      (error) =>
        error instanceof PaperwardError && error.exit === "usage" &&
        /no report/.test(error.message),
    );
    assert.equal(Deno.readTextFileSync(path), before);
  }
});

Deno.test("two reports in one file are refused, old ones untouched; a device takes both", () => {
  using temp = tempFolder();
  const files = openFiles({ read: [], write: [temp.path, "/dev/null"] });
  const [html, other] = [`${temp.path}/page`, `${temp.path}/hard-link`];
  const isRefused = (error: unknown) =>
    error instanceof PaperwardError && error.exit === "usage" && /two reports/.test(error.message);
  assert.throws(() => openReportFiles(files, { html, junit: html }), isRefused);
  assert.deepEqual([...Deno.readDirSync(temp.path)], []);
  Deno.writeTextFileSync(html, "<!doctype html>old");
  Deno.linkSync(html, other);
  for (const junit of [html, other]) {
    assert.throws(() => openReportFiles(files, { html, junit }), isRefused);
  }
  assert.equal(Deno.readTextFileSync(html), "<!doctype html>old");
  openReportFiles(files, { html, junit: undefined }).close();
  openReportFiles(files, { html: "/dev/null", junit: "/dev/null" }).close();
});

Deno.test("a report that didn't come about leaves no file, old or new", () => {
  using temp = tempFolder();
  const files = openFiles({ read: [], write: [temp.path] });
  const path = `${temp.path}/report.xml`;
  openReportFiles(files, { junit: path }).close();
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  Deno.writeTextFileSync(path, "<?xml version='1.0'?><old/>");
  const reports = openReportFiles(files, { junit: path });
  assert.throws(() =>
    reports.write("junit", function* () {
      yield "<?xml";
      throw new Error("the disk is on fire");
    })
  );
  reports.close();
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
});
