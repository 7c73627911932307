// metadata.json and version.json: upstream's bytes out, every known and every damaged form in.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { formatMetadata, parseMetadata } from "../../../../core/archive/metadata.ts";
import { PaperwardError } from "../../../../core/errors.ts";
import { FIXTURES, fixtureTest } from "../manifest/_fixtures.ts";

fixtureTest("recorded files are written again byte for byte", () => {
  let files = 0;
  for (const generation of ["v2.20.15", "v3.0.5"]) {
    for (const variant of ["plain", "passphrase", "sm_passphrase"]) {
      const path = `${FIXTURES}${generation}/exports/${variant}/metadata.json`;
      const text = Deno.readTextFileSync(path);
      const metadata = parseMetadata({ metadata: text });
      strictEqual(metadata.version, generation.slice(1));
      strictEqual(metadata.crypto !== undefined, variant !== "plain");
      strictEqual(formatMetadata(metadata.version!, metadata.crypto), text);
      files++;
    }
  }
  strictEqual(files, 6);
});

fixtureTest("old releases' version.json is read", () => {
  const text = Deno.readTextFileSync(`${FIXTURES}history/v2.0.1/exports/plain/version.json`);
  deepStrictEqual(parseMetadata({ version: text }), { version: "2.0.1", file: "version.json" });
});

Deno.test("metadata.json wins over a version.json beside it; neither is an old export", () => {
  const both = { metadata: '{"version": "2.10.1"}', version: '{"version": "2.9.0"}' };
  deepStrictEqual(parseMetadata(both), { version: "2.10.1", file: "metadata.json" });
  deepStrictEqual(parseMetadata({}), { version: null, file: null });
});

Deno.test("an unknown key algorithm is refused as a version", () => {
  for (const algorithm of ['"argon2id"', "null", "7"]) {
    const metadata = `{"version":"4.0.0","__crypto__":{"__key_algo__":${algorithm}}}`;
    throws(() => parseMetadata({ metadata }), (error) => {
      ok(error instanceof PaperwardError && error.exit === "version");
      ok(/key algorithm .* is unknown/.test(error.message));
      return true;
    });
  }
});

Deno.test("damaged files are refused", () => {
  const crypto = (text: string) => `{"version":"3.0.5","__crypto__":${text}}`;
  const algorithm = '"__key_algo__":"pbkdf2_sha256"';
  for (
    const metadata of [
      "",
      "{",
      "[]",
      "null",
      "{}",
      '{"version":3}',
      '{"version":"latest"}',
      crypto("[]"),
      crypto(`{${algorithm}}`),
      crypto(`{${algorithm},"__key_iters__":"1","__key_size__":32,"__salt_hex__":"00"}`),
      crypto(`{${algorithm},"__key_iters__":1.5,"__key_size__":32,"__salt_hex__":"00"}`),
      crypto(`{${algorithm},"__key_iters__":1,"__key_size__":32}`),
    ]
  ) {
    throws(() => parseMetadata({ metadata }), (error) => {
      ok(error instanceof PaperwardError, `${metadata}: ${error}`);
      ok(/^Cannot read metadata\.json: /.test(error.message));
      return true;
    });
  }
});
