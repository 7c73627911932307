// A Worker of the deep checks that hangs on files of some sizes: 666 bytes always, 667 only the first of all
// times, told by shared memory; 668 kills it. Any other file is sound.

interface Message {
  readonly memory?: SharedArrayBuffer;
  readonly times?: SharedArrayBuffer;
  readonly id?: number;
  readonly size?: number;
}

let times: Int32Array | undefined;

globalThis.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.times) times = new Int32Array(data.times);
  if (data.id === undefined) return;
  if (data.size === 668) throw new Error("killed");
  const hangs = data.size === 666 ||
    (data.size === 667 && times !== undefined && Atomics.add(times, 0, 1) === 0);
  while (hangs) { /* as a decoder in an endless loop */ }
  (globalThis as unknown as DedicatedWorkerGlobalScope).postMessage({
    kind: "done",
    id: data.id,
    answer: {},
  });
};
