// A result as JUnit XML, as CI servers read it. Streams: cases come one by one; the counts, which stand in
// front, are known before.

/** One case of a JUnit report. */
export interface JunitCase {
  /** What was looked for: `document_sanity_checker.missing-file`. */
  readonly className: string;
  /** What was looked at. */
  readonly name: string;
  /** `failed`: it is wrong; `error`: it could not be looked at. */
  readonly outcome: "passed" | "failed" | "error";
  readonly message?: string;
}

/** A JUnit report. */
export interface JunitReport {
  readonly name: string;
  readonly cases: Iterable<JunitCase>;
  readonly counts: Readonly<Record<JunitCase["outcome"], number>>;
  /** ms */
  readonly duration: number;
  /** ISO 8601 */
  readonly started: string;
}

/** The report's text, piece by piece. Every character is one that XML 1.0 allows. */
export function* junitXml(report: JunitReport): Generator<string> {
  const { counts, duration, started } = report;
  const totals = `tests="${counts.passed + counts.failed + counts.error}" ` +
    `failures="${counts.failed}" errors="${counts.error}" time="${(duration / 1000).toFixed(3)}"`;
  const name = escapeXml(report.name);
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${name}" ${totals}>\n` +
    `  <testsuite name="${name}" timestamp="${started.slice(0, 19)}" skipped="0" ${totals}>\n`;
  for (const { className, name, outcome, message } of report.cases) {
    const head = `    <testcase classname="${escapeXml(className)}" name="${
      escapeXml(name)
    }" time="0"`;
    if (message === undefined) yield `${head}/>\n`;
    else if (outcome === "passed") {
      yield `${head}><system-out>${escapeXml(message)}</system-out></testcase>\n`;
    } else {
      const tag = outcome === "failed" ? "failure" : "error";
      yield `${head}><${tag} message="${escapeXml(message)}"/></testcase>\n`;
    }
  }
  yield "  </testsuite>\n</testsuites>\n";
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // An attribute would turn them into spaces.
  "\n": "&#10;",
  "\t": "&#9;",
  "\r": "&#13;",
};

/** Characters that XML 1.0 has no way to hold. */
const FORBIDDEN =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu;

/** Text for XML, in elements and attributes. */
export function escapeXml(text: string): string {
  return text
    .replace(
      FORBIDDEN,
      (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
    )
    .replace(/[&<>"'\n\t\r]/g, (character) => ENTITIES[character] ?? "");
}
