// JUnit files as a stranger's parser reads them.

import { python } from "../_python.ts";

/** A JUnit file. */
export interface ParsedJunit {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly cases: number;
  /** Class and name of those that failed. */
  readonly failed: readonly string[];
}

/** Parses a JUnit file by Python's expat. @throws {Error} where it is not well-formed */
export function pythonXml(text: string): ParsedJunit {
  return JSON.parse(python(
    `import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.argv[1].encode())
suite = root.find("testsuite")
cases = list(suite)
print(json.dumps({
  **{key: int(suite.get(key)) for key in ("tests", "failures", "errors")},
  "cases": len(cases),
  "failed": [c.get("classname") + " " + c.get("name") for c in cases if c.find("failure") is not None],
}))`,
    text,
  ));
}
