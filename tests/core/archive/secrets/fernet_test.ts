// Fernet against the vectors of its specification (generate.json, verify.json, invalid.json).

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  fernetDecrypt,
  fernetEncrypt,
  FernetError,
} from "../../../../core/archive/secrets/fernet.ts";

const KEY = Buffer.from("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", "base64url");
const TOKEN =
  "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
const TIME = Date.parse("1985-10-26T01:20:00-07:00") / 1000;

Deno.test("a token with a given time and vector is the one of the specification", () => {
  const iv = Uint8Array.from({ length: 16 }, (_, index) => index);
  strictEqual(fernetEncrypt(KEY, new TextEncoder().encode("hello"), { time: TIME, iv }), TOKEN);
});

Deno.test("the specification's token is decrypted, with a time to live and without", () => {
  for (const options of [{}, { ttl: 60, now: TIME + 1 }]) {
    strictEqual(new TextDecoder().decode(fernetDecrypt(KEY, TOKEN, options)), "hello");
  }
});

Deno.test("each of the specification's invalid tokens is refused for its reason", () => {
  const cases: readonly (readonly [reason: RegExp, token: string, now: string])[] = [
    [
      /signature/,
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
      "1985-10-26T01:20:01-07:00",
    ],
    [
      /too short/,
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
      "1985-10-26T01:20:01-07:00",
    ],
    [
      /base64url/,
      "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
      "1985-10-26T01:20:01-07:00",
    ],
    [
      /length/,
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
      "1985-10-26T01:20:01-07:00",
    ],
    [
      /padding/,
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
      "1985-10-26T01:20:01-07:00",
    ],
    [
      /future/,
      "gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
      "1985-10-26T01:20:01-07:00",
    ],
    [
      /too old/,
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
      "1985-10-26T01:21:31-07:00",
    ],
    [
      /padding/,
      "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
      "1985-10-26T01:20:01-07:00",
    ],
  ];
  for (const [reason, token, now] of cases) {
    throws(() => fernetDecrypt(KEY, token, { ttl: 60, now: Date.parse(now) / 1000 }), (error) => {
      ok(error instanceof FernetError && reason.test(error.message), `${token}: ${error}`);
      return true;
    });
  }
});

Deno.test("every flipped bit of a token is noticed", () => {
  const bytes = Buffer.from(TOKEN, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    throws(() => fernetDecrypt(KEY, damaged.toString("base64url") + "=="), FernetError);
  }
});

Deno.test("lengths around the block size come back", () => {
  for (const length of [0, 1, 15, 16, 17, 31, 32, 1000]) {
    const data = Uint8Array.from({ length }, (_, index) => index);
    deepStrictEqual(Uint8Array.from(fernetDecrypt(KEY, fernetEncrypt(KEY, data))), data);
  }
});

Deno.test("an unknown version and a key of the wrong size are refused", () => {
  throws(() => fernetDecrypt(KEY, "gQ" + TOKEN.slice(2)), /version/);
  throws(() => fernetDecrypt(KEY.subarray(1), TOKEN), /32 bytes/);
});
