// What the errors of a server mean to a user: the part that both servers share.

import { PaperwardError } from "../errors.ts";
import type { ExitName } from "../exit_codes.ts";
import { ServerTimeout, TlsFailure } from "./server_socket.ts";

/** What an error means. */
export interface ServerErrorMeaning {
  readonly reason: string;
  readonly exit: ExitName;
  readonly hints: readonly string[];
}

/** What was going on. */
export type ServerVerb = "open" | "read" | "change";

const CHECK_ADDRESS =
  "Check that the server runs, and PAPERLESS_DBHOST and PAPERLESS_DBPORT (or --database-url).";
/** What to do where the connection broke. */
export const AGAIN = "Nothing is half done: look at the server's log, and run it again.";

/** The connection was there, and is no more. */
const BROKEN = [
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "PROTOCOL_CONNECTION_LOST",
] as const;

/** System errors by their code. */
const SYSTEM: Readonly<Record<string, ServerErrorMeaning>> = {
  ECONNREFUSED: {
    reason: "the server refuses the connection",
    exit: "failed",
    hints: [CHECK_ADDRESS],
  },
  ENOENT: { reason: "there is no such socket", exit: "failed", hints: [CHECK_ADDRESS] },
  EACCES: {
    reason: "no permission to use its socket",
    exit: "failed",
    hints: ["Run Paperward as the user that paperless-ngx runs as."],
  },
  ENOTFOUND: { reason: "its host is not known", exit: "failed", hints: [CHECK_ADDRESS] },
  EAI_AGAIN: {
    reason: "its host's address can't be found now",
    exit: "failed",
    hints: [CHECK_ADDRESS],
  },
  EHOSTUNREACH: { reason: "its host can't be reached", exit: "failed", hints: [CHECK_ADDRESS] },
  ENETUNREACH: { reason: "its network can't be reached", exit: "failed", hints: [CHECK_ADDRESS] },
  ETIMEDOUT: { reason: "its host does not answer", exit: "failed", hints: [CHECK_ADDRESS] },
  ...Object.fromEntries(
    BROKEN.map((code) => [code, {
      reason: "the connection to the server broke",
      exit: "failed" as const,
      hints: [AGAIN],
    }]),
  ),
};

/** The `code` of an error, of the system's or of a driver's. */
export function errorCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** The code of what lies behind an error for the user. */
export function causeCode(error: unknown): string | undefined {
  return error instanceof PaperwardError ? errorCode(error.cause) : errorCode(error);
}

/** Codes that say that the connection is gone, and nothing of what it was asked. */
const LOST: ReadonlySet<string> = new Set([
  ...BROKEN,
  "57P01",
  "57P02",
  "57P03",
  "ER_SERVER_SHUTDOWN",
  "ER_CONNECTION_KILLED",
]);

/** Whether an error says that the connection is gone. A server that doesn't answer is another matter. */
export function isConnectionLost(error: unknown): boolean {
  return LOST.has(causeCode(error) ?? "");
}

/** What went wrong while a connection was made: where nobody knows the error, encryption is to blame.
 * @param encrypted whether the connection was to be encrypted */
export function openingError(error: unknown, encrypted: boolean): unknown {
  const code = errorCode(error);
  if (!encrypted || error instanceof PaperwardError || error instanceof ServerTimeout) return error;
  // Node's and the servers' codes have meanings of their own; Deno's TLS has none, or this one.
  if (code !== undefined && code !== "UNKNOWN") return error;
  const text = error instanceof Error ? error.message : String(error);
  return new TlsFailure(code === "UNKNOWN" ? "is the certificate the right one?" : text, {
    cause: error,
  });
}

/** Turns an error into one for the user where its meaning is known; others are given back as they are.
 * @param meaningOf what the server's own codes mean */
export function explainServerError(
  error: unknown,
  verb: ServerVerb,
  place: string,
  meaningOf: (error: unknown, verb: ServerVerb) => ServerErrorMeaning | undefined,
): unknown {
  if (error instanceof PaperwardError) return error;
  const meaning = timeout(error) ?? meaningOf(error, verb) ?? SYSTEM[errorCode(error) ?? ""] ??
    tls(error);
  if (!meaning) return error;
  return new PaperwardError(`Cannot ${verb} database ${place}: ${meaning.reason}`, {
    exit: meaning.exit,
    hints: meaning.hints,
    cause: error,
  });
}

function timeout(error: unknown): ServerErrorMeaning | undefined {
  const connecting = errorCode(error) === "CONNECT_TIMEOUT";
  if (!connecting && !(error instanceof ServerTimeout)) return undefined;
  const waited = error instanceof ServerTimeout ? ` for ${error.ms / 1000} s` : " in time";
  return {
    reason: `the server did not answer${waited}`,
    exit: "failed",
    hints: [
      connecting ? CHECK_ADDRESS : AGAIN,
      "Raise PAPERLESS_DB_TIMEOUT (seconds to connect; a statement may take six times as long) if it is just slow.",
    ],
  };
}

/** Errors of encryption: ours, and those of mysql2. */
const TLS_CODES: ReadonlySet<string> = new Set([
  "TLS_FAILURE",
  "HANDSHAKE_SSL_ERROR",
  "HANDSHAKE_NO_SSL_SUPPORT",
]);

function tls(error: unknown): ServerErrorMeaning | undefined {
  if (!(error instanceof Error) || !TLS_CODES.has(errorCode(error) ?? "")) return undefined;
  return {
    reason: `the encrypted connection failed (${error.message})`,
    exit: "failed",
    hints: [
      "Check PAPERLESS_DBSSLMODE and the certificates (PAPERLESS_DBSSLROOTCERT, …CERT, …KEY).",
    ],
  };
}
