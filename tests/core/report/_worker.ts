// Runs a report inside a Worker without any permission, for worker_report_test.ts.

import { openReport } from "../../../core/report/open_report.ts";

self.onmessage = ({ data }: MessageEvent) => {
  const report = openReport(data);
  const progress = report.progress("Copying", 2);
  progress.advance(1, "請求書.pdf");
  report.item("file", { path: "a", size: 2n ** 60n }, "a result");
  report.warn("a warning", "a hint");
  progress.end();
  report.summary({ files: 1 }, ["all done"]);
  report.close();
  self.postMessage(report.outputClosed);
};
