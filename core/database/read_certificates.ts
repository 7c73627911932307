// The certificate files that the settings name, read inside the sandbox, which grants just them.

import { PaperwardError } from "../errors.ts";
import type { Files } from "../library/files.ts";
import type { ServerSettings } from "./server_connection.ts";

/** PEM texts as TLS takes them. */
export interface Certificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads the certificates. @throws {PaperwardError} exit `usage` */
export function readCertificates(
  { sslRootCert, sslCert, sslKey }: ServerSettings,
  files: Pick<Files, "readText">,
): Certificates {
  return {
    ...(sslRootCert && { ca: read(files, sslRootCert) }),
    ...(sslCert && { cert: read(files, sslCert) }),
    ...(sslKey && { key: read(files, sslKey) }),
  };
}

function read(files: Pick<Files, "readText">, path: string): string {
  try {
    return files.readText(path);
  } catch (error) {
    throw new PaperwardError(
      `Cannot read certificate ${path}: ${error instanceof Error ? error.message : error}`,
      {
        exit: "usage",
        hints: ["Check PAPERLESS_DBSSLROOTCERT, PAPERLESS_DBSSLCERT and PAPERLESS_DBSSLKEY."],
        cause: error,
      },
    );
  }
}
