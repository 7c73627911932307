// What the deep checks' Workers and the command say to each other. A Worker holds no permission: it asks for
// pieces of a file by message and sleeps until they are in shared memory.

/** What a Worker has to do: look whether it can be read, count pages, or make a WebP image of a thumbnail. */
export interface DeepJob {
  readonly id: number;
  readonly kind: "webp" | "pdf" | "count pages" | "png to webp";
  /** bytes */
  readonly size: number;
}

/** The first message to a Worker. */
export interface DeepStart {
  /** {@linkcode HEADER} bytes of numbers, then {@linkcode PIECE} bytes of content. */
  readonly memory: SharedArrayBuffer;
}

/** What a Worker found in a file. */
export interface DeepAnswer {
  /** Why it can't be read. */
  readonly defect?: string;
  /** Absent where they can't be counted. */
  readonly pages?: number;
  readonly webp?: Uint8Array;
}

/** Messages from a Worker. */
export type DeepReply =
  | { readonly kind: "ready" }
  /** Wants `size` bytes, at most {@linkcode PIECE}, from `position` on. */
  | { readonly kind: "read"; readonly position: number; readonly size: number }
  | { readonly kind: "done"; readonly id: number; readonly answer: DeepAnswer };

/** Bytes of a piece of a file. */
export const PIECE = 1 << 18;

/** Bytes in front of it: an Int32 each for the state and the bytes that came (−1: it can't be read). */
export const HEADER = 8;

/** The state while a Worker sleeps, and when its piece has come. */
export const ASKED = 1;
/** The piece is there. */
export const ANSWERED = 0;
