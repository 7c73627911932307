// The result of a verification as JUnit XML: a case for each check that found nothing, one for each finding.

import { type JunitCase, junitXml } from "../../report/junit.ts";
import { CHECK_NAMES, type CheckName, checkNamed } from "./checks.ts";
import type { Finding } from "./finding.ts";
import type { VerifySummary } from "./verify_export.ts";
import type { VerifyOptions } from "./verify_options.ts";

/** Checks that a run carried out. */
export function checksOf(
  { deep, rehearse, against }: VerifyOptions,
  { kind, isComplete, rehearsal }: Pick<VerifySummary, "kind" | "isComplete" | "rehearsal">,
): readonly CheckName[] {
  if (kind === null) return ["container"];
  const flags = {
    deep: deep || rehearse,
    rehearse: rehearsal !== undefined,
    against: against !== undefined,
  };
  return CHECK_NAMES.filter((name) => {
    const { needs, needsAll } = checkNamed(name);
    return (needs === undefined || flags[needs]) && (isComplete || !needsAll);
  });
}

/** The report, piece by piece. */
export function verifyJunit(
  summary: VerifySummary,
  findings: Iterable<Finding>,
  options: VerifyOptions,
): Iterable<string> {
  const { tally, duration, started } = summary;
  const clean = checksOf(options, summary).filter((name) => !tally.byCheck.has(name));
  const counts = { passed: clean.length, failed: 0, error: 0 };
  for (const finding of findings) counts[outcomeOf(finding, options)]++;
  return junitXml({ name: "verify", counts, cases: cases(), duration, started });

  function* cases(): Generator<JunitCase> {
    for (const name of clean) yield { className: `verify.${name}`, name, outcome: "passed" };
    for (const finding of findings) {
      const { check, level, message, path, document, role } = finding;
      yield {
        className: `verify.${check}`,
        name: path ?? (document ? `#${document.id}${role ? ` (${role})` : ""}` : message),
        outcome: outcomeOf(finding, options),
        message: `${level}: ${message}`,
      };
    }
  }
}

/** What could not be looked at is an error in JUnit's sense, what is wrong a failure. */
function outcomeOf({ check, level }: Finding, { strict }: VerifyOptions): JunitCase["outcome"] {
  if (checkNamed(check).exit !== undefined) return "error";
  return level === "error" || (strict && level === "warning") ? "failed" : "passed";
}
