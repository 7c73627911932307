// The seam for the model that predicts what has the algorithm "automatic". Invariant: without a model nothing is
// predicted, and that is said.

/** What a model predicts for a text: ids of objects. */
export interface Prediction {
  /** Null: none. */
  readonly correspondent: number | null;
  /** Null: none. */
  readonly documentType: number | null;
  /** All tags; empty: none. */
  readonly tag: readonly number[];
  /** Null: none. */
  readonly storagePath: number | null;
}

/** A model, ready to be asked. */
export interface Classifier {
  /** In the order of the texts. */
  predict(texts: readonly string[]): Promise<readonly Prediction[]>;
  /** Lets go of the model. */
  close(): void;
}

/** What automatic objects are without a model: `absent`: upstream would have none either, they match nothing;
 * `unreadable`: it would have one, so nobody knows whether they match. */
export type NoClassifier = "absent" | "unreadable";
