// Entry of the Workers that compare texts. They hold no permission at all.

import { serveJobs } from "../pool.ts";
import { type Comparer, type ComparerOptions, openComparer } from "./comparer.ts";
import type { SimilarityJob, SimilarityResult } from "./similarity_pool.ts";

let comparer: Comparer | undefined;

serveJobs<SimilarityJob, SimilarityResult>(({ number, block }, { init }) => {
  comparer ??= openComparer(init as ComparerOptions);
  return { number, ...comparer.compare(block) };
});
