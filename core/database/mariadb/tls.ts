// MariaDB's ssl_mode and certificates → options of TLS.

import { isIP } from "node:net";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { readCertificates } from "../read_certificates.ts";
import type { ServerSettings } from "../server_connection.ts";

/** How to encrypt. */
export interface MariadbTls {
  /** What the driver takes. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Goes on without where the server has no TLS. */
  readonly optional: boolean;
}

/** The meaning of an ssl_mode (https://dev.mysql.com/doc/refman/8.0/en/connection-options.html). Sockets are
 * never encrypted.
 * @throws {PaperwardError} exit `usage`: a certificate that can't be read */
export function mariadbTls(
  settings: ServerSettings,
  files: Pick<Files, "readText">,
): MariadbTls | undefined {
  const { host, sslMode } = settings;
  if (host.startsWith("/") || sslMode === "DISABLED") return undefined;
  if (sslMode === "VERIFY_IDENTITY" && isIP(host)) {
    // mysql2 gives an address no name to hold the certificate against, and Deno would take `localhost`.
    throw new PaperwardError(`Cannot verify the identity of ${host}: it is an address`, {
      exit: "usage",
      hints: ["Put the name of its certificate in PAPERLESS_DBHOST (or --database-url)."],
    });
  }
  const verified = sslMode.startsWith("VERIFY");
  return {
    options: {
      ...readCertificates(settings, files),
      rejectUnauthorized: verified,
      verifyIdentity: sslMode === "VERIFY_IDENTITY",
    },
    optional: sslMode === "PREFERRED",
  };
}
