// Which pairs of texts are nearly equal: the face of this kernel.

export {
  openTextPreparation,
  type PreparedText,
  type TextPreparation,
} from "./text_preparation.ts";
export {
  addCounters,
  type Block,
  type BlockResult,
  type Comparer,
  type ComparerOptions,
  NO_PAIRS,
  openComparer,
  type PairCounters,
  type RatioRule,
  type Tile,
} from "./comparer.ts";
export {
  openSimilarityPool,
  type SimilarityJob,
  type SimilarityPool,
  type SimilarityPoolOptions,
  type SimilarityResult,
} from "./similarity_pool.ts";
export { openPartialFinder, type PartialFinder } from "./partial_finder.ts";
