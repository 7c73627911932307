// Stands in for the template Worker: gives each template back as its text, and never returns from "hang".

import type { TemplateOrder } from "../../../wasm/template/worker.ts";

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<TemplateOrder>) => void) | null;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data: { jobs, begun } }) => {
  const counter = new Int32Array(begun);
  scope.postMessage(jobs.map(({ template }, index) => {
    Atomics.store(counter, 0, index + 1);
    while (template === "hang") Atomics.load(counter, 0);
    return { text: template };
  }));
};
