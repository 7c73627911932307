// Entry of a deep check's Worker: decodes and converts thumbnails and opens PDFs, one at a time, without any
// permission.

import { openRemoteReader, type RemoteFile } from "./_remote_file.ts";
import type { DeepAnswer, DeepJob, DeepReply, DeepStart } from "./deep_protocol.ts";

const verdict = (defect: string | undefined): DeepAnswer => defect === undefined ? {} : { defect };

/** Loaded when the first file of a kind comes: a Worker that gets one kind only needs half the memory. */
const LOOKS: Readonly<Record<DeepJob["kind"], (file: RemoteFile) => Promise<DeepAnswer>>> = {
  webp: async (file) => verdict(await (await import("./_decode_webp.ts")).decodeWebp(file)),
  pdf: async (file) => verdict(await (await import("./_open_pdf.ts")).openPdf(file)),
  "count pages": async (file) => {
    const pages = await (await import("./_open_pdf.ts")).countPages(file);
    return pages === undefined ? {} : { pages };
  },
  "png to webp": async (file) => await (await import("./_convert_png.ts")).convertPng(file),
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
  post({ kind: "done", id, answer: await LOOKS[kind](open(size)) });
};
