// Which words differ between two texts (Myers 1986), for people to look at. Bounded in words and steps: where
// texts are too long or too different, it says so.

/** A run of words of one or both texts. */
export interface DiffRun {
  readonly kind: "same" | "left" | "right";
  readonly words: readonly string[];
}

/** What came of comparing two texts by words. */
export interface WordDiff {
  readonly runs: readonly DiffRun[];
  /** Words behind the runs that were not compared. */
  readonly cut: number;
}

/** Words compared of each text, and differences looked for, at most. */
const MOST_WORDS = 6000;
const MOST_DIFFERENCES = 1500;

/** Compares two texts word by word. */
export function diffWords(left: string, right: string): WordDiff {
  const [all, others] = [wordsOf(left), wordsOf(right)];
  const [a, b] = [all.slice(0, MOST_WORDS), others.slice(0, MOST_WORDS)];
  const cut = Math.max(all.length, others.length) - Math.max(a.length, b.length);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)
  ) tail++;
  const runs = openRuns();
  a.slice(0, head).forEach((word) => runs.add("same", word));
  const [middle, other] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  for (const [kind, word] of script(middle, other)) runs.add(kind, word);
  a.slice(a.length - tail).forEach((word) => runs.add("same", word));
  return { runs: runs.list, cut };
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}

function openRuns() {
  const list: { kind: DiffRun["kind"]; words: string[] }[] = [];
  return {
    list,
    add(kind: DiffRun["kind"], word: string) {
      const last = list.at(-1);
      if (last?.kind === kind) last.words.push(word);
      else list.push({ kind, words: [word] });
    },
  };
}

type Step = readonly [DiffRun["kind"], string];

function script(a: readonly string[], b: readonly string[]): Step[] {
  const rounds = furthest(a, b);
  if (!rounds) {
    // Too different to say more than that all of it is.
    return [
      ...a.map((word): Step => ["left", word]),
      ...b.map((word): Step => ["right", word]),
    ];
  }
  const steps: Step[] = [];
  let [x, y] = [a.length, b.length];
  for (let round = rounds.length - 1; round >= 0; round--) {
    const before = rounds[round]!;
    const diagonal = x - y;
    const fromAbove = diagonal === -round ||
      (diagonal !== round && before[diagonal - 1 + round]! < before[diagonal + 1 + round]!);
    const previous = fromAbove ? diagonal + 1 : diagonal - 1;
    const startX = round === 0 ? 0 : before[previous + round]!;
    const startY = round === 0 ? 0 : startX - previous;
    while (x > startX && y > startY && a[x - 1] === b[y - 1]) {
      steps.push(["same", a[--x]!]);
      y--;
    }
    if (round === 0) break;
    if (fromAbove) steps.push(["right", b[--y]!]);
    else steps.push(["left", a[--x]!]);
  }
  return steps.reverse();
}

/** The furthest reaching points before each round, diagonal `k` at `k + round`; undefined: too many rounds. */
function furthest(a: readonly string[], b: readonly string[]): Int32Array[] | undefined {
  const rounds: Int32Array[] = [];
  const most = Math.min(a.length + b.length, MOST_DIFFERENCES);
  const reach = new Int32Array(2 * most + 3);
  const at = (diagonal: number) => diagonal + most + 1;
  for (let round = 0; round <= most; round++) {
    rounds.push(reach.slice(at(-round), at(round) + 1));
    for (let diagonal = -round; diagonal <= round; diagonal += 2) {
      const down = diagonal === -round ||
        (diagonal !== round && reach[at(diagonal - 1)]! < reach[at(diagonal + 1)]!);
      let x = down ? reach[at(diagonal + 1)]! : reach[at(diagonal - 1)]! + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      reach[at(diagonal)] = x;
      if (x >= a.length && x - diagonal >= b.length) return rounds;
    }
  }
  return undefined;
}
