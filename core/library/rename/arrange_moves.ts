// In which order documents can move when one wants the name that another one leaves: first those who leave,
// and documents that wait for each other together. Pure (Tarjan's strongly connected components, 1972).

/**
 * Puts documents in order.
 *
 * @param ids in the order of the plan
 * @param waits for a document those that have to leave first; all are among `ids`
 * @returns groups of indexes into `ids`: a group of more than one is a circle, which has to move as a whole
 */
export function* arrangeMoves(
  ids: readonly number[],
  waits: ReadonlyMap<number, readonly number[]>,
): Generator<readonly number[]> {
  if (waits.size === 0) {
    for (let index = 0; index < ids.length; index++) yield [index];
    return;
  }
  const involved = new Set<number>(waits.keys());
  for (const others of waits.values()) for (const other of others) involved.add(other);
  const indexes = new Map<number, number>();
  for (let index = 0; index < ids.length; index++) {
    if (involved.has(ids[index]!)) indexes.set(ids[index]!, index);
  }
  const visits = new Map<number, Visit>();
  let count = 0;
  const stack: number[] = [];

  function* visit(first: number): Generator<readonly number[]> {
    // Not by recursion: the chain may be as long as the library.
    const path = [begin(first)];
    while (path.length > 0) {
      const at = path.at(-1)!;
      const next = waits.get(at.id)?.[at.next++];
      if (next !== undefined) {
        if (!indexes.has(next)) continue;
        const seen = visits.get(next);
        if (!seen) path.push(begin(next));
        else if (seen.onStack) at.low = Math.min(at.low, seen.number);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent) parent.low = Math.min(parent.low, at.low);
      if (at.low !== at.number) continue;
      const group: number[] = [];
      for (let id = stack.pop(); id !== undefined; id = id === at.id ? undefined : stack.pop()) {
        visits.get(id)!.onStack = false;
        group.push(indexes.get(id)!);
      }
      yield group.sort((a, b) => a - b);
    }
  }

  function begin(id: number): Visit {
    const visit = { id, number: count, low: count, next: 0, onStack: true };
    count++;
    visits.set(id, visit);
    stack.push(id);
    return visit;
  }

  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]!;
    if (!involved.has(id)) yield [index];
    else if (!visits.has(id)) yield* visit(id);
  }
}

interface Visit {
  readonly id: number;
  readonly number: number;
  low: number;
  next: number;
  onStack: boolean;
}
