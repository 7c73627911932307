// PostgreSQL's sslmode and certificates → TLS on a socket, before the driver gets it.

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Files } from "../../library/files.ts";
import { readCertificates } from "../read_certificates.ts";
import type { ServerSettings } from "../server_connection.ts";
import { encrypt, ignoreErrors, TlsFailure } from "../server_socket.ts";

/** SSLRequest (https://www.postgresql.org/docs/15/protocol-message-formats.html). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** How to encrypt. */
export interface PostgresTls {
  /** Of node:tls. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Goes on without where the server has no TLS. */
  readonly optional: boolean;
}

/** The meaning of an sslmode (https://www.postgresql.org/docs/15/libpq-ssl.html). Sockets are never encrypted;
 * `allow` is taken for `prefer`.
 * @throws {PaperwardError} exit `usage`: a certificate that can't be read */
export function postgresTls(
  settings: ServerSettings,
  files: Pick<Files, "readText">,
): PostgresTls | undefined {
  const { host, sslMode } = settings;
  if (host.startsWith("/") || sslMode === "disable") return undefined;
  const certificates = readCertificates(settings, files);
  // libpq does so: with an authority's certificate at hand, `require` uses it.
  const verified = sslMode.startsWith("verify") || (sslMode === "require" && certificates.ca);
  return {
    options: {
      ...certificates,
      rejectUnauthorized: Boolean(verified),
      ...(sslMode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
    },
    optional: sslMode === "prefer" || sslMode === "allow",
  };
}

/** Asks the server for TLS and begins it.
 * @throws {TlsFailure} where the server has none and it isn't optional, or a certificate is not right */
export async function beginTls(socket: Socket, host: string, tls: PostgresTls): Promise<Socket> {
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    socket.once("data", (bytes: Uint8Array) => resolve(bytes[0]));
    socket.once("error", reject);
    socket.once("close", () => reject(new TlsFailure("the server closed the connection")));
    socket.write(SSL_REQUEST);
  });
  for (const event of ["data", "error", "close"]) socket.removeAllListeners(event);
  ignoreErrors(socket);
  if (answer === "S".charCodeAt(0)) return await encrypt(socket, host, tls.options);
  if (tls.optional) return socket;
  throw new TlsFailure("the server has no TLS");
}
