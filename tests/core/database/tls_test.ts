// Encrypted connections to real servers: each mode checks what it promises, and a certificate of the wrong
// authority, for the wrong name or missing is refused before a password is sent.

import { strict as assert } from "node:assert";
import { connectServer } from "../../../core/database/connect_server.ts";
import type { OpenOptions } from "../../../core/database/open_database.ts";
import type { ServerSettings } from "../../../core/database/server_connection.ts";
import { PaperwardError } from "../../../core/errors.ts";
import { sayOnce, type TempFolder, tempFolder } from "../../_fixtures.ts";
import { assertCode, runBinary, withoutBinary } from "../../_run_binary.ts";
import { silentReport } from "../../_silent_report.ts";
import { PASSWORD, SERVER_KINDS, startServer, USER, withoutServer } from "../../_servers.ts";

const OPTIONS = {
  files: { readText: (path: string) => Deno.readTextFileSync(path) },
  report: silentReport(),
  mode: "read",
} as unknown as OpenOptions;

function withoutOpenssl(): boolean {
  try {
    return !new Deno.Command("openssl", { args: ["version"] }).outputSync().success;
  } catch {
    return sayOnce("skipped: no openssl to make certificates with");
  }
}

/** An authority, a server's certificate for `localhost`, a client's, and another authority. */
function makeCertificates(): TempFolder {
  const folder = tempFolder();
  const script = `
    set -e
    for name in ca other; do
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -keyout $name.key -out $name.crt
    done
    printf 'subjectAltName=DNS:localhost\\n' >names
    for name in server client; do
      openssl req -newkey rsa:2048 -nodes -subj "/CN=${USER}" -keyout $name.key -out $name.csr
      openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out $name.crt
    done`;
  const { success, stderr } = new Deno.Command("bash", {
    args: ["-c", script],
    cwd: folder.path,
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return folder;
}

/** Modes in each server's words, from the weakest. */
const MODES = {
  postgres: ["disable", "prefer", "require", "verify-ca", "verify-full"],
  mariadb: ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"],
} as const;

/** Which modes connect, and whether encrypted. */
const CASES: readonly {
  readonly host: string;
  readonly ca?: "ca" | "other";
  readonly client?: true;
  /** By the place in MODES: encrypted, plain or refused. */
  readonly outcomes: readonly ("encrypted" | "plain" | "refused")[];
}[] = [
  { host: "localhost", outcomes: ["plain", "encrypted", "encrypted", "refused", "refused"] },
  {
    host: "localhost",
    ca: "ca",
    outcomes: ["plain", "encrypted", "encrypted", "encrypted", "encrypted"],
  },
  {
    host: "localhost",
    ca: "ca",
    client: true,
    outcomes: ["plain", "encrypted", "encrypted", "encrypted", "encrypted"],
  },
  // The certificate is for another name.
  {
    host: "127.0.0.1",
    ca: "ca",
    outcomes: ["plain", "encrypted", "encrypted", "encrypted", "refused"],
  },
];

for (const kind of SERVER_KINDS) {
  Deno.test({
    name: `${kind}: each mode of encryption checks what it promises`,
    ignore: withoutServer(kind) || withoutOpenssl(),
    // The server begins here.
    sanitizeResources: false,
    sanitizeOps: false,
    async fn() {
      using certificates = makeCertificates();
      const own = (folder: string, name: string) => `${folder}/data/${name}`;
      await using server = await startServer(kind, {
        prepare(data) {
          for (const name of ["server.crt", "server.key", "ca.crt"]) {
            Deno.copyFileSync(`${certificates.path}/${name}`, `${data}/${name}`);
            Deno.chmodSync(`${data}/${name}`, 0o600);
          }
        },
        args: (folder) =>
          kind === "postgres" ? ["-c", "ssl=on", "-c", "ssl_ca_file=ca.crt"] : [
            `--ssl-cert=${own(folder, "server.crt")}`,
            `--ssl-key=${own(folder, "server.key")}`,
            `--ssl-ca=${own(folder, "ca.crt")}`,
          ],
      });
      const database = await server.createDatabase();

      const connect = async (
        { host, ca, client }: (typeof CASES)[number],
        sslMode: string,
      ): Promise<string> => {
        const settings: ServerSettings = {
          kind,
          host,
          port: server.port,
          name: database.name,
          user: USER,
          password: PASSWORD,
          sslMode,
          timeoutMs: 20_000,
          ...(ca && { sslRootCert: `${certificates.path}/${ca}.crt` }),
          ...(client && {
            sslCert: `${certificates.path}/client.crt`,
            sslKey: `${certificates.path}/client.key`,
          }),
        };
        try {
          const connection = await connectServer(settings, OPTIONS);
          const { rows } = await connection.query(
            kind === "postgres"
              ? "select ssl, client_dn from pg_stat_ssl where pid = pg_backend_pid()"
              : "show status like 'Ssl_cipher'",
          );
          await connection.close();
          const encrypted = kind === "postgres" ? rows[0]?.[0] === 1n : rows[0]?.[1] !== "";
          // PostgreSQL tells whose certificate came.
          if (kind === "postgres" && encrypted && client) {
            assert.match(String(rows[0]?.[1]), new RegExp(USER));
          }
          return encrypted ? "encrypted" : "plain";
        } catch (error) {
          assert.ok(error instanceof PaperwardError, `no clear error: ${error}`);
          assert.match(error.message, /encrypted connection failed|Cannot verify the identity/);
          return "refused";
        }
      };

      for (const each of CASES) {
        const outcomes: string[] = [];
        for (const mode of MODES[kind]) outcomes.push(await connect(each, mode));
        assert.deepEqual(outcomes, each.outcomes, JSON.stringify(each));
      }
      // Another authority's certificate.
      const other = { host: "localhost", ca: "other", outcomes: [] } as const;
      for (const mode of MODES[kind].slice(3)) assert.equal(await connect(other, mode), "refused");
      // libpq checks the authority wherever one is given.
      assert.equal(
        await connect(other, MODES[kind][2]),
        kind === "postgres" ? "refused" : "encrypted",
      );

      // The binary, by the variables of paperless-ngx: its sandbox lets it read the certificates.
      if (withoutBinary()) return;
      using temp = tempFolder();
      const migrate = (ca: string) =>
        runBinary(["migrate"], {
          env: {
            ...database.env,
            PAPERLESS_DATA_DIR: `${temp.path}/data`,
            PAPERLESS_MEDIA_ROOT: `${temp.path}/media`,
            PAPERLESS_DBHOST: "localhost",
            PAPERLESS_DBSSLMODE: MODES[kind].at(-1) ?? "",
            PAPERLESS_DBSSLROOTCERT: `${certificates.path}/${ca}.crt`,
            PAPERLESS_DBSSLCERT: `${certificates.path}/client.crt`,
            PAPERLESS_DBSSLKEY: `${certificates.path}/client.key`,
          },
        });
      const refused = await migrate("other");
      assertCode(refused, 1);
      assert.match(refused.stderr, /the encrypted connection failed/);
      assertCode(await migrate("ca"), 0);
    },
  });
}
