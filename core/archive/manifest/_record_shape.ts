// The sequence of keys of an object, shared by all records that have the same one: a tree of transitions,
// so that a record costs its offsets and no map of its own.

/** One step in the tree: the keys from the root to here, in order. */
export class RecordShape {
  readonly #parent: RecordShape | undefined;
  readonly #children = new Map<string, RecordShape>();
  #lastName = "";
  #lastChild: RecordShape | undefined;
  #names: readonly string[] | undefined;
  #indexes: ReadonlyMap<string, number> | undefined;

  /** Counts the steps of one tree. */
  readonly tree: { steps: number };

  constructor(readonly size = 0, readonly name = "", parent?: RecordShape) {
    this.#parent = parent;
    this.tree = parent?.tree ?? { steps: 0 };
  }

  /** The shape with one key more, or undefined if the key is there already. */
  with(name: string): RecordShape | undefined {
    if (this.#lastName === name && this.#lastChild) return this.#lastChild;
    let child = this.#children.get(name);
    if (!child) {
      if (this.#holds(name)) return undefined;
      child = new RecordShape(this.size + 1, name, this);
      this.#children.set(name, child);
      this.tree.steps++;
    }
    this.#lastName = name;
    this.#lastChild = child;
    return child;
  }

  get names(): readonly string[] {
    if (!this.#names) {
      const names = new Array<string>(this.size);
      let at: RecordShape | undefined = this as RecordShape;
      for (let index = this.size - 1; index >= 0 && at; index--) {
        names[index] = at.name;
        at = at.#parent;
      }
      this.#names = names;
    }
    return this.#names;
  }

  /** The key's place, or -1. */
  indexOf(name: string): number {
    this.#indexes ??= new Map(this.names.map((each, index) => [each, index]));
    return this.#indexes.get(name) ?? -1;
  }

  #holds(name: string): boolean {
    let at: RecordShape | undefined = this as RecordShape;
    while (at && at.size > 0) {
      if (at.name === name) return true;
      at = at.#parent;
    }
    return false;
  }
}
