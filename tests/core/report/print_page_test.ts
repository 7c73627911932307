import { strictEqual, throws } from "node:assert/strict";
import { PaperwardError } from "../../../core/errors.ts";
import { printPage } from "../../../core/report/print_page.ts";

function failing(error: Error): { writeSync(): number } {
  return {
    writeSync() {
      throw error;
    },
  };
}

Deno.test("a page is printed as it is, with one newline at its end", () => {
  let printed = "";
  const sink = {
    writeSync(bytes: Uint8Array) {
      printed += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  };
  printPage("a\n\nb\n", sink);
  printPage("c", sink);
  strictEqual(printed, "a\n\nb\nc\n");
});

Deno.test("a reader that has gone is no error, a full disk is one", () => {
  printPage("x", failing(new Deno.errors.BrokenPipe()));
  throws(
    () => printPage("x", failing(new Error("No space left on device (os error 28)"))),
    (error) => error instanceof PaperwardError && /No space left/.test(error.message),
  );
});
