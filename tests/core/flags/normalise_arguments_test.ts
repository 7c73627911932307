import { deepStrictEqual, throws } from "node:assert/strict";
import { PaperwardError } from "../../../core/errors.ts";
import { GLOBAL_FLAGS } from "../../../core/flags/global_flags.ts";
import { normaliseArguments } from "../../../core/flags/normalise_arguments.ts";
import { EXPORTER, RETAGGER } from "./_upstream_commands.ts";

const exporter = [...EXPORTER.flags, ...GLOBAL_FLAGS];
const retagger = [...RETAGGER.flags, ...GLOBAL_FLAGS];

function flags(...argv: string[]): readonly string[] {
  return normaliseArguments(argv, exporter).flags;
}

function refused(argv: readonly string[], message: RegExp, hint?: RegExp): void {
  throws(() => normaliseArguments(argv, exporter), (error) => {
    if (!(error instanceof PaperwardError) || error.exit !== "usage") return false;
    return message.test(error.message) && (!hint || hint.test(error.hints.join("\n")));
  });
}

Deno.test("several letters behind one dash are one flag where there is such a flag", () => {
  deepStrictEqual(flags("-cj", "-sm", "-na", "-nt"), [
    "--compare-json",
    "--split-manifest",
    "--no-archive",
    "--no-thumbnail",
  ]);
});

Deno.test("several letters behind one dash are a bundle where there is no such flag", () => {
  deepStrictEqual(flags("-cd", "-zpf"), [
    "--compare-checksums",
    "--delete",
    "--zip",
    "--use-folder-prefix",
    "--use-filename-format",
  ]);
  deepStrictEqual(flags("-cv2"), ["--compare-checksums", "--verbosity=2"]);
});

Deno.test("a bundle holds one-letter flags only", () => {
  refused(["-cjd"], /no flag -j to follow -c/, /apart/);
  refused(["-znNAME"], /no flag -n to follow -z/, /apart/);
});

Deno.test("values stand behind the flag or a sign, and may begin with a dash only behind the sign", () => {
  deepStrictEqual(flags("-zn", "a", "--zip-name=b=c", "-zn=d", "--passphrase="), [
    "--zip-name=a",
    "--zip-name=b=c",
    "--zip-name=d",
    "--passphrase=",
  ]);
  deepStrictEqual(flags("--passphrase=-x", "--batch-size", "-5"), [
    "--passphrase=-x",
    "--batch-size=-5",
  ]);
  refused(["--passphrase", "-c"], /--passphrase: it needs a value/, /--passphrase=VALUE/);
  refused(["--passphrase", "--"], /needs a value/);
  refused(["--delete=yes"], /--delete takes no value/);
  refused(["-d=f"], /-d takes no value/);
});

Deno.test("a count takes as many values, none joined", () => {
  deepStrictEqual(normaliseArguments(["--id-range", "1", "10", "-c"], retagger).flags, [
    "--id-range=1",
    "--id-range=10",
    "--correspondent",
  ]);
  throws(() => normaliseArguments(["--id-range", "1"], retagger), /needs 2 values/);
  throws(() => normaliseArguments(["--id-range", "1", "-c"], retagger), /needs 2 values/);
});

Deno.test("abbreviations must be unambiguous", () => {
  deepStrictEqual(flags("--compare-c", "--use-fo", "-s"), [
    "--compare-checksums",
    "--use-folder-prefix",
    "--split-manifest",
  ]);
  refused(["--compare"], /--compare-checksums or --compare-json/);
  refused(["-n"], /-na or -nt/);
});

Deno.test("no flag of ours makes an abbreviation of upstream's ambiguous", () => {
  deepStrictEqual(flags("--del", "--data", "--pass=x"), [
    "--delete",
    "--data-only",
    "--passphrase=x",
  ]);
  deepStrictEqual(flags("--delete-s", "--dr", "--data-d", "/d"), [
    "--delete-strangers",
    "--dry-run",
    "--data-dir=/d",
  ]);
});

Deno.test("two dashes end the flags; one dash and what holds a space are operands", () => {
  const { operands } = normaliseArguments(["-", "a", "-x y", "--", "-c", "--", "b"], exporter);
  deepStrictEqual(operands, ["-", "a", "-x y", "-c", "--", "b"]);
});

Deno.test("an unknown flag is named with the nearest that exists", () => {
  refused(
    ["--compare-jsn"],
    /"--compare-jsn": there is no such flag/,
    /Did you mean --compare-json\?/,
  );
  refused(["--xyzzy-quux"], /no such flag/);
  // Hidden flags are accepted, but nobody is led to them.
  throws(
    () => normaliseArguments(["--tracebakc"], exporter),
    (error) => error instanceof PaperwardError && !error.hints.join().includes("--traceback"),
  );
});

Deno.test("help and version are answered whatever stands behind them", () => {
  deepStrictEqual(normaliseArguments(["-ch", "--nonsense"], exporter).request, "help");
  deepStrictEqual(normaliseArguments(["--version", "--nonsense"], exporter).request, "version");
});

Deno.test("the part before a command ends at its name", () => {
  deepStrictEqual(
    normaliseArguments(["--data-dir", "x", "-v2", "cmd", "-c"], GLOBAL_FLAGS, {
      stopAtOperand: true,
    }),
    { flags: ["--data-dir=x", "--verbosity=2"], operands: [], rest: ["cmd", "-c"] },
  );
});
