// Gives names to files that would otherwise share one. Memory: the names.

/** A function that gives each name once: `a.pdf`, then `a_01.pdf`, as upstream counts. */
export function uniqueNames(): (name: string) => string {
  /** Names given, with the counter that a further one of the same name starts from. */
  const taken = new Map<string, number>();
  return (name) => {
    const dot = name.lastIndexOf(".");
    const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    let counter = taken.get(name) ?? 0;
    let free = name;
    while (taken.has(free)) {
      counter++;
      free = `${stem}_${String(counter).padStart(2, "0")}${extension}`;
    }
    if (free !== name) taken.set(name, counter);
    taken.set(free, 0);
    return free;
  };
}
