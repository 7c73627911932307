// The names that one document may have: its template's name with every counter. Pure.

import { composeName, counterSuffix, type NameParts } from "../filename/compose_name.ts";
import type { RenderedName } from "../filename/generate_filename.ts";

/** All names of one file of a document. */
export interface NameFamily {
  /** What stands before the counter, and behind it. */
  readonly head: string;
  readonly tail: string;
}

/** The family of a rendered name. */
export function nameFamily(
  rendered: Pick<RenderedName, "pk" | "path">,
  parts: Omit<NameParts, "counter">,
): NameFamily {
  const plain = composeName({ ...rendered, problems: [] }, parts);
  return { head: plain.slice(0, plain.length - parts.extension.length), tail: parts.extension };
}

/** The family's name with a counter. */
export function memberOf({ head, tail }: NameFamily, counter: number): string {
  return head + counterSuffix(counter) + tail;
}

/** The counter of a name; undefined for one of another family. */
export function counterOf({ head, tail }: NameFamily, name: string): number | undefined {
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) {
    return undefined;
  }
  const middle = name.slice(head.length, name.length - tail.length);
  if (middle === "") return 0;
  const counter = /^_\d{2,15}$/.test(middle) ? Number(middle.slice(1)) : 0;
  return counter > 0 && counterSuffix(counter) === middle ? counter : undefined;
}
