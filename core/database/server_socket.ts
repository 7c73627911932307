// Sockets to a database server. Invariant: whatever the network does, waiting ends: connecting after the
// time-out of the settings, a statement without its answer after some multiple of it.

import { createConnection, isIP, type Socket } from "node:net";
import { setImmediate } from "node:timers";
import { connect as connectTls } from "node:tls";

/** A statement may take this many times as long as connecting. */
const STATEMENT_TIMEOUTS = 6;
/** Changes of the schema: indexes are built then. */
export const LONG_STATEMENT_TIMEOUTS = 60;

/** How long a connection that is closed waits for its lock to be given back: the server ends a session when it gets to
 * it, and who connects next, often this very run, must not find the lock taken. */
export const CLOSING_MS = 1000;

/** An error of ours, with a code as system errors have. */
export class ServerTimeout extends Error {
  readonly code: "CONNECT_TIMEOUT" | "STATEMENT_TIMEOUT";
  constructor(code: "CONNECT_TIMEOUT" | "STATEMENT_TIMEOUT", readonly ms: number) {
    super(`no answer for ${ms} ms`);
    this.code = code;
  }
}

/** Where a server listens. */
export type Address =
  | { readonly path: string }
  | { readonly host: string; readonly port: number };

/** Deno's event loop (tokio's, by default) looks at sockets when it is idle, and else only every 61st time. */
const TURNS = 61;

/** Lets data come and go in the middle of long work, in about a tenth of a millisecond. A promise that is kept at
 * once doesn't, nor does waiting for another thread, which is often done before the loop comes to rest; and the
 * shortest time-out takes ten times as long. */
export async function letSocketsMove(): Promise<void> {
  for (let turns = 0; turns < TURNS; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Opens a socket.
 * @param timeoutMs 0: as long as the system waits */
export function openSocket(address: Address, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ ...address });
    const timer = timeoutMs > 0
      ? setTimeout(() => {
        reject(new ServerTimeout("CONNECT_TIMEOUT", timeoutMs));
        socket.destroy();
      }, timeoutMs)
      : undefined;
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      socket.setNoDelay(true);
      resolve(ignoreErrors(socket));
    });
  });
}

/** An error without a listener would end the process: there is always one, before a driver listens and after. */
export function ignoreErrors(socket: Socket): Socket {
  const ignore = () => socket.on("error", () => {});
  ignore();
  // Drivers take their listeners away when it is closed, ours too; a write may fail even later.
  socket.on("close", () => queueMicrotask(ignore));
  return socket;
}

/** Makes an open socket an encrypted one.
 * @param options of node:tls
 * @throws {TlsFailure} */
export function encrypt(
  socket: Socket,
  host: string,
  options: Readonly<Record<string, unknown>>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      // Without either, the certificate would be held against `localhost`. SNI takes names only.
      ...(isIP(host) ? { host } : { servername: host }),
      ...options,
    });
    secure.once("error", (error) => reject(new TlsFailure(error.message, { cause: error })));
    secure.once("close", () => reject(new TlsFailure("the server closed the connection")));
    secure.once("secureConnect", () => {
      secure.removeAllListeners("error");
      secure.removeAllListeners("close");
      resolve(ignoreErrors(secure));
    });
  });
}

/** TLS could not be begun. */
export class TlsFailure extends Error {
  readonly code = "TLS_FAILURE";
}

/** Answers of one connection that have not come yet. */
export interface PendingAnswers {
  /** The answer, or the error that ends them all. */
  of<T>(answer: Promise<T>): Promise<T>;
  /** When the connection is lost: drivers forget the statement that waits then. */
  end(error: unknown): void;
}

/** For one connection. Not a race against one promise of the loss: that would keep the rows of all answers. */
export function pendingAnswers(): PendingAnswers {
  const waiting = new Set<(error: unknown) => void>();
  return {
    of<T>(answer: Promise<T>) {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      waiting.add(reject);
      answer.then(resolve, reject).finally(() => waiting.delete(reject));
      return promise;
    },
    end(error) {
      for (const reject of waiting) reject(error);
    },
  };
}

/** Runs something that a server answers; when the answer takes too long, gives up and calls `abandon`.
 * @param connectMs the time-out of the settings; 0: waits for ever */
export async function withDeadline<T>(
  work: Promise<T>,
  connectMs: number,
  abandon: (error: ServerTimeout) => void,
  times: number = STATEMENT_TIMEOUTS,
): Promise<T> {
  if (connectMs === 0) return await work;
  const ms = connectMs * times;
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new ServerTimeout("STATEMENT_TIMEOUT", ms);
    reject(error);
    abandon(error);
  }, ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    // Whichever lost has no one to hear it.
    work.catch(() => {});
  }
}
