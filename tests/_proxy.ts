// Networks that fail: a loopback proxy that forwards until it is told to stop or to cut, and a listener that
// never says a word.

/** A proxy on a loopback port. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Forwards nothing any more, in neither direction; connections stay. */
  stall(): void;
  /** Closes all connections. */
  cut(): void;
  /** Resolves when this many bytes came from the server. */
  forwarded(bytes: number): Promise<void>;
}

/** How clients say goodbye: PostgreSQL's Terminate, MySQL's COM_QUIT. */
const FAREWELLS = ["5800000004", "0100000001"];

/** Opens a proxy before a port of this machine.
 * @param port where it listens; 0: anywhere
 * @param keepsSessions the server does not hear that a client goes */
export function openProxy(target: number, port = 0, keepsSessions = false): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const connections = new Set<Deno.Conn>();
  let stalled = false;
  let total = 0;
  const waiting = new Set<() => void>();

  async function pump(from: Deno.Conn, to: Deno.Conn, counted: boolean): Promise<void> {
    const buffer = new Uint8Array(1 << 16);
    try {
      while (true) {
        const count = await from.read(buffer);
        if (count === null) break;
        // What was read goes nowhere: neither side hears that.
        if (stalled) continue;
        if (keepsSessions && FAREWELLS.includes(buffer.subarray(0, count).toHex())) continue;
        if (counted) total += count;
        for (const wake of waiting) wake();
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch { /* one side is gone */ }
    close(from);
    if (!keepsSessions || counted) close(to);
  }

  function close(connection: Deno.Conn): void {
    connections.delete(connection);
    try {
      connection.close();
    } catch { /* it was closed */ }
  }

  const pumps: Promise<unknown>[] = [];
  const accepting = (async () => {
    try {
      for await (const client of listener) {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
        connections.add(client).add(server);
        pumps.push(pump(client, server, false), pump(server, client, true));
      }
    } catch { /* it was closed */ }
  })();

  return {
    port: listener.addr.port,
    stall: () => void (stalled = true),
    cut: () => [...connections].forEach(close),
    async forwarded(bytes) {
      while (total < bytes) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      [...connections].forEach(close);
      await accepting;
      await Promise.all(pumps);
    },
  };
}

/** Opens a listener that accepts and says nothing. */
export function openBlackHole(): AsyncDisposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    try {
      for await (const connection of listener) connections.push(connection);
    } catch { /* it was closed */ }
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) connection.close();
      await accepting;
    },
  };
}
