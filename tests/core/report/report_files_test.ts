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
