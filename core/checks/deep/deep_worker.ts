// Entry of a deep check's Worker: decodes thumbnails and opens PDFs, one at a time, without any permission.

import { openRemoteReader, type RemoteFile } from "./_remote_file.ts";
import type { DeepJob, DeepReply, DeepStart } from "./deep_protocol.ts";

/** Loaded when the first file of a kind comes: a Worker that gets one kind only needs half the memory. */
const LOOKS: Readonly<Record<DeepJob["kind"], (file: RemoteFile) => Promise<string | undefined>>> =
  {
    webp: async (file) => (await import("./_decode_webp.ts")).decodeWebp(file),
    pdf: async (file) => (await import("./_open_pdf.ts")).openPdf(file),
  };

const post = (reply: DeepReply): void =>
  (globalThis as unknown as DedicatedWorkerGlobalScope).postMessage(reply);

let open: ((size: number) => RemoteFile) | undefined;

globalThis.onmessage = async (event: MessageEvent<DeepStart | DeepJob>) => {
  const message = event.data;
  if ("memory" in message) {
    open = openRemoteReader(message.memory, post);
    post({ kind: "ready" });
    return;
  }
  if (!open) return;
  const { id, kind, size } = message;
  const defect = await LOOKS[kind](open(size));
  post(defect === undefined ? { kind: "done", id } : { kind: "done", id, defect });
};
