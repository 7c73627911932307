// Secrets of an export: round trips, refusals, and the recorded exports of both generations.

import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { PaperwardError } from "../../../../core/errors.ts";
import {
  formatMetadata,
  openExportSecrets,
  parseMetadata,
} from "../../../../core/archive/metadata.ts";
import { readManifestSync } from "../../../../core/archive/manifest/manifest_reader.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import { rawString } from "../../../../core/archive/manifest/raw_values.ts";
import {
  type CryptoParameters,
  openSecrets,
} from "../../../../core/archive/secrets/open_secrets.ts";
import { decryptRecord, encryptRecord } from "../../../../core/archive/secrets/secret_records.ts";
import { secretFieldsOf } from "../../../../core/archive/secrets/secret_fields.ts";
import { fixtureBytes, FIXTURES, fixtureTest, recordedManifests } from "../manifest/_fixtures.ts";

/** Few iterations: the derivation itself is proven on the recorded exports. */
const QUICK: CryptoParameters = {
  algorithm: "pbkdf2_sha256",
  iterations: 10,
  keySize: 32,
  salt: "00112233445566778899aabbccddeeff",
};

function isPassphrase(error: unknown): true {
  ok(error instanceof PaperwardError && error.exit === "passphrase", String(error));
  return true;
}

Deno.test("secrets come back, start as upstream's do, and differ each time", async () => {
  const secrets = await openSecrets("pass phräse", QUICK);
  for (const text of ["x", "ä€\u{1F600}\u0000", "\ufeffmark", "p".repeat(10_000)]) {
    const hex = secrets.encrypt(text);
    ok(/^674141414141[0-9a-f]+$/.test(hex));
    ok(hex !== secrets.encrypt(text));
    strictEqual(secrets.decrypt(hex), text);
  }
  strictEqual(secrets.encrypt(""), "");
  strictEqual(secrets.decrypt(""), "");
});

Deno.test("a wrong passphrase and a value that isn't encrypted have the exit code of passphrases", async () => {
  const hex = (await openSecrets("right", QUICK)).encrypt("secret");
  const wrong = await openSecrets("wrong", QUICK);
  throws(() => wrong.decrypt(hex), isPassphrase);
  for (const value of ["hunter2", "abc", "00", "6741", hex.slice(0, -2), "zz"]) {
    throws(() => wrong.decrypt(value), isPassphrase);
  }
  await rejects(openSecrets("", QUICK), isPassphrase);
});

Deno.test("the parameters of the metadata count, and impossible ones are refused", async () => {
  const hex = (await openSecrets("p", QUICK)).encrypt("secret");
  const other = await openSecrets("p", { ...QUICK, iterations: 11 });
  throws(() => other.decrypt(hex), isPassphrase);
  const salted = await openSecrets("p", { ...QUICK, salt: "00" });
  throws(() => salted.decrypt(hex), isPassphrase);
  for (
    const wrong of [
      { iterations: 0 },
      { iterations: 1e12 },
      { keySize: 16 },
      { salt: "" },
      { salt: "xyz" },
      { algorithm: "argon2" as "pbkdf2_sha256" },
    ]
  ) {
    await rejects(openSecrets("p", { ...QUICK, ...wrong }), (error) => {
      ok(error instanceof PaperwardError && error.exit === "version");
      return true;
    });
  }
});

Deno.test("new parameters are upstream's, with a new salt", async () => {
  const { crypto } = await openSecrets("p");
  strictEqual(crypto.iterations, 1_000_000);
  strictEqual(crypto.keySize, 32);
  ok(/^[0-9a-f]{32}$/.test(crypto.salt));
  const metadata = formatMetadata("3.0.5", crypto);
  deepStrictEqual(parseMetadata({ metadata }).crypto, crypto);
});

Deno.test("only the secret fields of a record change", async () => {
  const secrets = await openSecrets("p", QUICK);
  const record: RawRecord = {
    model: "paperless_mail.mailaccount",
    pk: "1",
    fields: new Map([["name", '"n"'], ["password", '"p\\u00e4\\n"'], ["refresh_token", "null"]]),
    extras: new Map(),
  };
  const encrypted = encryptRecord(secrets, record);
  strictEqual(encrypted.fields.get("name"), '"n"');
  strictEqual(encrypted.fields.get("refresh_token"), "null");
  ok(encrypted.fields.get("password")!.startsWith('"674141414141'));
  strictEqual(rawString(decryptRecord(secrets, encrypted).fields.get("password")!), "pä\n");
  const empty = { ...record, fields: new Map([["password", '""']]) };
  strictEqual(encryptRecord(secrets, empty).fields.get("password"), '""');
  const other = { ...record, model: "documents.tag" };
  strictEqual(encryptRecord(secrets, other), other);
});

for (const generation of ["v2.20.15", "v3.0.5"]) {
  for (
    const [variant, passphrase, plain] of [
      ["passphrase", "lab pass phräse", "plain"],
      ["sm_passphrase", "x", "sm"],
    ] as const
  ) {
    fixtureTest(`${generation} ${variant}: every secret is the one of ${plain}`, async () => {
      const folder = `${generation}/exports/${variant}`;
      const metadata = parseMetadata({
        metadata: Deno.readTextFileSync(`${FIXTURES}${folder}/metadata.json`),
      });
      const secrets = await openExportSecrets(metadata, passphrase);
      const open = readAll(`${generation}/exports/${plain}`);
      let compared = 0;
      for (const [key, record] of readAll(folder)) {
        const decrypted = decryptRecord(secrets!, record);
        const expected = open.get(key)!;
        deepStrictEqual([...decrypted.fields], [...expected.fields], key);
        for (const name of secretFieldsOf(record.model)) {
          if (record.fields.get(name) !== expected.fields.get(name)) compared++;
        }
      }
      ok(compared >= 3, `only ${compared} encrypted values found`);

      const wrong = await openExportSecrets(metadata, passphrase + " ");
      throws(() => {
        for (const record of readAll(folder).values()) decryptRecord(wrong!, record);
      }, isPassphrase);
      await rejects(openExportSecrets(metadata, undefined), isPassphrase);
    });
  }
}

function readAll(folder: string): Map<string, RawRecord> {
  const records = new Map<string, RawRecord>();
  for (const path of recordedManifests(folder)) {
    for (const record of readManifestSync([fixtureBytes(path)], { file: path })) {
      records.set(`${record.model} ${record.pk}`, record);
    }
  }
  return records;
}
