// What is the machine's fault is told from damage, however deep in an error it stands.

import { strict as assert } from "node:assert";
import { writeError } from "../../../../core/archive/staging/write_error.ts";
import { machineFailure } from "../../../../core/archive/verify/machine_failure.ts";
import { explainSqliteError } from "../../../../core/database/sqlite/errors.ts";
import { PaperwardError } from "../../../../core/errors.ts";

function sqliteError(errcode: number): Error {
  return Object.assign(new Error("SQLite"), { code: "ERR_SQLITE_ERROR", errcode });
}

Deno.test("failures of the machine are told from damage", () => {
  const full = new Error("No space left on device (os error 28)");
  const failures = [
    full,
    new Error("Too many open files (os error 24)"),
    writeError("/library", "ENOSPC", "full", "library"),
    explainSqliteError(sqliteError(13), "change", "/library"),
    // The extended code of an I/O error: SQLITE_IOERR_SHMSIZE.
    sqliteError(10 | 19 << 8),
    new PaperwardError("Cannot restore", {
      cause: new PaperwardError("Cannot write", { cause: full }),
    }),
  ];
  for (const error of failures) {
    assert.equal(machineFailure(error), error);
    const later = new SuppressedError(new Error("cleaning up"), error);
    assert.equal(machineFailure(later), error);
  }
  const others = [
    new PaperwardError("Cannot import /export: 2 problems"),
    new Deno.errors.NotFound("No such file or directory (os error 2)"),
    explainSqliteError(sqliteError(11), "read", "/library"),
    new Error("a defect"),
    new SuppressedError(full, new Error("a defect")),
    undefined,
  ];
  for (const error of others) assert.equal(machineFailure(error), undefined);
});
