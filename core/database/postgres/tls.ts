// PostgreSQL's sslmode and certificates → options of TLS.

import type { Files } from "../../library/files.ts";
import { readCertificates } from "../read_certificates.ts";
import type { ServerSettings } from "../server_connection.ts";

/** What the driver takes: no TLS, TLS if the server can, or TLS with options. */
export type PostgresTls = false | "prefer" | Readonly<Record<string, unknown>>;

/** The meaning of an sslmode (https://www.postgresql.org/docs/15/libpq-ssl.html). Sockets are never encrypted.
 * @throws {PaperwardError} exit `usage`: a certificate that can't be read */
export function postgresTls(settings: ServerSettings, files: Pick<Files, "readText">): PostgresTls {
  const { host, sslMode } = settings;
  if (host.startsWith("/") || sslMode === "disable") return false;
  const certificates = readCertificates(settings, files);
  const { ca } = certificates;
  switch (sslMode) {
    case "verify-full":
      return { ...certificates, rejectUnauthorized: true };
    case "verify-ca":
      return { ...certificates, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case "require":
      // libpq does so: with an authority's certificate at hand it is used.
      return ca
        ? { ...certificates, rejectUnauthorized: true, checkServerIdentity: () => undefined }
        : { ...certificates, rejectUnauthorized: false };
  }
  return "prefer";
}
