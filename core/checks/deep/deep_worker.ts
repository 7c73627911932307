// Entry of a deep check's Worker: decodes thumbnails and opens PDFs, one at a time, without any permission.

import { decodeWebp } from "./_decode_webp.ts";
import { openPdf } from "./_open_pdf.ts";
import { openRemoteFile, type RemoteFile } from "./_remote_file.ts";
import type { DeepJob, DeepReply, DeepStart } from "./deep_protocol.ts";

const LOOKS: Readonly<
  Record<DeepJob["kind"], (file: RemoteFile) => Promise<string | undefined>>
> = { webp: decodeWebp, pdf: openPdf };

const post = (reply: DeepReply): void =>
  (globalThis as unknown as DedicatedWorkerGlobalScope).postMessage(reply);

let memory: SharedArrayBuffer | undefined;

globalThis.onmessage = async (event: MessageEvent<DeepStart | DeepJob>) => {
  const message = event.data;
  if ("memory" in message) {
    memory = message.memory;
    post({ kind: "ready" });
    return;
  }
  if (!memory) return;
  const { id, kind, size } = message;
  const defect = await LOOKS[kind](openRemoteFile(memory, size, post));
  post(defect === undefined ? { kind: "done", id } : { kind: "done", id, defect });
};
