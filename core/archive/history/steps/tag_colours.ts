// Tags' colours: a number in a palette up to ng-1.2, `#rrggbb` since.

import type { RecordStep } from "../step.ts";

/** The palette, from number 1. */
export const TAG_COLOURS: readonly string[] = [
  "#a6cee3",
  "#1f78b4",
  "#b2df8a",
  "#33a02c",
  "#fb9a99",
  "#e31a1c",
  "#fdbf6f",
  "#ff7f00",
  "#cab2d6",
  "#6a3d9a",
  "#b15928",
  "#000000",
  "#cccccc",
];

/** `colour` becomes `color`. */
export const tagColours: RecordStep = {
  since: "1.3.0",
  migration: "documents.1013",
  model: "documents.tag",
  change({ fields }) {
    const number = fields.get("colour");
    if (number === undefined) return undefined;
    if (fields.has("color")) return { drop: ["colour"] };
    const colour = /^[0-9]{1,2}$/.test(number) ? TAG_COLOURS[Number(number) - 1] : undefined;
    return {
      set: { color: JSON.stringify(colour ?? TAG_COLOURS[0]) },
      drop: ["colour"],
      lost: colour === undefined
        ? [{ kind: "changed", field: "colour", reason: `the palette has no colour ${number}` }]
        : [],
    };
  },
};
