// Starts _worker.ts without permissions, and prints nothing itself. Arguments: options as JSON.

const worker = new Worker(new URL("./_worker.ts", import.meta.url), {
  type: "module",
  // @ts-ignore: unstable, not in the types of the standard library
  deno: { permissions: "none" },
});
worker.onmessage = ({ data }) => Deno.exit(data ? 9 : 0);
worker.postMessage(JSON.parse(Deno.args[0]!));
