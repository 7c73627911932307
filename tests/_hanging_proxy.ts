// A network that hangs: a loopback proxy that stops forwarding, with both connections left open.

import type { Running, RunResult } from "./_run_binary.ts";
import type { TestDatabase, TestServer } from "./_servers.ts";
import { lockTable } from "./_table_lock.ts";

/** A proxy in front of a server. */
export interface HangingProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing is forwarded. */
  hang(): void;
}

/** Listens on a free port of the loopback and forwards to another. */
export function startProxy(target: number): HangingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const forwarding: Promise<void>[] = [];
  let hangs = false;
  const forward = async (from: Deno.Conn, to: Deno.Conn): Promise<void> => {
    const buffer = new Uint8Array(1 << 16);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (hangs) return;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
      to.close();
    } catch {
      // One side has gone.
    }
  };
  const accepting = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
      open.add(client).add(server);
      forwarding.push(forward(client, server), forward(server, client));
    }
  })();
  return {
    port: listener.addr.port,
    hang: () => hangs = true,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // It has gone by itself.
        }
      }
      await accepting.catch(() => {});
      await Promise.all(forwarding);
    },
  };
}

/** Runs a command through a proxy that stops forwarding while the command waits for a lock, with the rows of the
 * tables before written. @param start with the proxy's port */
export async function hangInTheMiddle(
  server: TestServer,
  database: TestDatabase,
  start: (port: number) => Running,
): Promise<RunResult> {
  await using proxy = startProxy(server.port);
  await using lock = await lockTable(server, database, "documents_note");
  const running = start(proxy.port);
  await lock.isWaitedFor();
  proxy.hang();
  return await running.ended;
}
