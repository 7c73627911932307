// The time as Django writes it to a database.

/** Gives the time, UTC, never the same twice: `2026-11-23 05:21:10.300994`. */
export function djangoClock(now: () => Date): () => string {
  let last = 0;
  return () => {
    last = Math.max(last + 1, now().getTime() * 1000);
    const seconds = new Date(Math.floor(last / 1000)).toISOString().slice(0, 19).replace("T", " ");
    const fraction = last % 1_000_000;
    return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(6, "0")}`;
  };
}
