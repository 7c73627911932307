// Text that came from data (titles, file names, other programs' messages) made harmless for a terminal:
// what could move the cursor, colour, hide, reorder or start a new line is shown as an escape instead.

// C0 with newline and tab, DEL, C1, line and paragraph separators, direction marks and overrides,
// invisible operators, the byte order mark, interlinear and tag characters, lone surrogates.
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}\u{e0000}-\u{e007f}]/gu;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function visible(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  return NAMED[character] ??
    (code < 0x100
      ? `\\x${hex.padStart(2, "0")}`
      : code < 0x10000
      ? `\\u${hex.padStart(4, "0")}`
      : `\\u{${hex}}`);
}

/** One line that any terminal shows as it is. Joiners within emoji and scripts stay. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, visible);
}

/** The same for JSON that is already serialised: the escapes are JSON's, so the value stays. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
    ).join(""));
}
