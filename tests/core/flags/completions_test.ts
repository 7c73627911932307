// The completions are run by the shells themselves: what a user gets on TAB, not what the script says.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { completionScript } from "../../../core/flags/completions.ts";
import type { Shell } from "../../../core/flags/shells.ts";
import { sayOnce, tempFolder } from "../../_fixtures.ts";
import { COMMANDS } from "./_upstream_commands.ts";

function withoutShell(shell: Shell): boolean {
  try {
    const { success } = new Deno.Command(shell, { args: ["-c", "true"] }).outputSync();
    if (success) return false;
  } catch {
    // Not installed.
  }
  return sayOnce(`skipped: ${shell} is not installed, so its completions are not tried`);
}

/** Runs a script in a folder that holds `a file.txt` and `folder/`. */
function run(shell: Shell, script: string): string[] {
  using folder = tempFolder();
  Deno.writeTextFileSync(`${folder.path}/a file.txt`, "");
  Deno.mkdirSync(`${folder.path}/folder`);
  Deno.writeTextFileSync(`${folder.path}/.completions`, completionScript(shell, COMMANDS));
  const { stdout, stderr, success } = new Deno.Command("timeout", {
    args: [
      "60",
      shell,
      ...(shell === "bash" ? ["--norc"] : shell === "zsh" ? ["-f"] : ["--no-config"]),
      "-c",
      script,
    ],
    cwd: folder.path,
    env: { HOME: folder.path, XDG_CONFIG_HOME: folder.path, TERM: "dumb" },
  }).outputSync();
  const errors = new TextDecoder().decode(stderr);
  ok(success && errors === "", `${shell}: ${errors}`);
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

/** What bash offers behind the words; the last one is being typed. */
function bash(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  return run(
    "bash",
    `source .completions; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}
     $(complete -p paperward | sed 's/.*-F \\([^ ]*\\).*/\\1/')
     printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

Deno.test({
  name: "bash completes commands, flags, choices and files",
  ignore: withoutShell("bash"),
  fn() {
    deepStrictEqual(bash("paperward", "document_"), ["document_exporter", "document_retagger"]);
    deepStrictEqual(bash("paperward", "document_exporter", "--compare"), [
      "--compare-checksums",
      "--compare-json",
    ]);
    deepStrictEqual(bash("paperward", "document_exporter", "-z"), ["-z", "-zn"]);
    deepStrictEqual(bash("paperward", "document_exporter", "-v", ""), ["0", "1", "2", "3"]);
    deepStrictEqual(bash("paperward", "document_exporter", "--verbosity", "=", "2"), ["2"]);
    deepStrictEqual(bash("paperward", "document_exporter", "--verbosity", "="), [
      "0",
      "1",
      "2",
      "3",
    ]);
    deepStrictEqual(bash("paperward", "document_exporter", "a"), ["a file.txt"]);
    deepStrictEqual(bash("paperward", "--data-dir", "fo"), ["folder"]);
    deepStrictEqual(bash("paperward", "document_exporter", "--passphrase", ""), []);
    deepStrictEqual(bash("paperward", "document_retagger", "a"), []);
    deepStrictEqual(bash("paperward", "completions", ""), ["bash", "zsh", "fish"]);
    deepStrictEqual(bash("paperward", "diary", ""), ["list", "show"]);
    deepStrictEqual(bash("paperward", "diary", "s"), ["show"]);
    deepStrictEqual(bash("paperward", "help", "document_r"), ["document_retagger"]);
    deepStrictEqual(bash("/opt/document_retagger", "--sug"), ["--suggest"]);
    deepStrictEqual(bash("paperward", "--data-dir", "x", "document_retagger", "--sug"), [
      "--suggest",
    ]);
  },
});

Deno.test({
  name: "bash offers no flag that only works in hiding",
  ignore: withoutShell("bash"),
  fn() {
    const offered = bash("paperward", "document_exporter", "--");
    ok(offered.includes("--zip-name") && offered.includes("--data-dir"));
    ok(!offered.includes("--pythonpath") && !offered.includes("--traceback"));
  },
});

/** What fish offers, without descriptions. */
function fish(line: string): string[] {
  const script = `source .completions; complete -C '${line}'`;
  return run("fish", script).map((each) => each.split("\t")[0]!);
}

Deno.test({
  name: "fish completes commands, flags, choices and files",
  ignore: withoutShell("fish"),
  fn() {
    deepStrictEqual(fish("paperward document_"), ["document_exporter", "document_retagger"]);
    deepStrictEqual(fish("paperward document_exporter --compare").sort(), [
      "--compare-checksums",
      "--compare-json",
    ]);
    ok(fish("paperward document_exporter -").includes("-zn"));
    deepStrictEqual(fish("paperward document_exporter --verbosity "), ["0", "1", "2", "3"]);
    deepStrictEqual(fish("paperward document_exporter a"), ["a file.txt"]);
    deepStrictEqual(fish("paperward --data-dir fo"), ["folder/"]);
    deepStrictEqual(fish("paperward document_exporter --passphrase "), []);
    deepStrictEqual(fish("paperward document_retagger a"), []);
    deepStrictEqual(fish("paperward completions ").sort(), ["bash", "fish", "zsh"]);
    deepStrictEqual(fish("paperward diary ").sort(), ["list", "show"]);
    deepStrictEqual(fish("document_retagger --sug"), ["--suggest"]);
    deepStrictEqual(fish("paperward -v 2 document_retagger --sug"), ["--suggest"]);
  },
});

/** What zsh makes of a line, and what it lists: it completes only on a terminal, so it gets one. */
function zsh(line: string): { readonly line: string; readonly listed: string } {
  const setup = "PS1=; unsetopt zle_bracketed_paste prompt_cr prompt_sp; stty -echo; " +
    "autoload -Uz compinit; compinit -D -u; source ./.completions; " +
    "LISTMAX=999; setopt no_auto_menu no_beep; paperward() { :; }; document_retagger() { :; }; " +
    'zle-line-finish() { zle -I; print -r -- \\"END<\\$BUFFER>\\"; }; zle -N zle-line-finish; ' +
    "echo REA''DY";
  const printed = run(
    "zsh",
    `zmodload zsh/zpty
     zpty shell "zsh -f -i"
     zpty -w shell "${setup}"
     until [[ $seen == *READY* ]]; do zpty -r shell part || break; seen+=$part; done
     zpty -w -n shell '${line}'$'\\t\\n'
     until [[ $got == *END\\<*\\>* ]]; do zpty -r shell part || break; got+=$part; done
     print -r -- $got
     zpty -d shell`,
  ).join("\n");
  const end = printed.lastIndexOf("END<");
  // The space that zsh adds goes again at the end of the line.
  return {
    line: printed.slice(end + 4, printed.lastIndexOf(">")).trimEnd(),
    listed: printed.slice(0, end),
  };
}

Deno.test({
  name: "zsh completes commands, flags, choices and files",
  ignore: withoutShell("zsh"),
  fn() {
    const commands = zsh("paperward document_").listed;
    ok(commands.includes("document_exporter") && commands.includes("document_retagger"), commands);
    strictEqual(
      zsh("paperward document_exporter --compare-c").line,
      "paperward document_exporter --compare-checksums",
    );
    strictEqual(zsh("document_retagger --sugg").line, "document_retagger --suggest");
    match(zsh("paperward document_exporter --verbosity ").listed, /0 +1 +2 +3/);
    strictEqual(
      zsh("paperward document_exporter a").line,
      "paperward document_exporter a\\ file.txt",
    );
    strictEqual(zsh("paperward document_retagger a").line, "paperward document_retagger a");
    match(zsh("paperward --data-dir fo").line, /--data-dir folder/);
    strictEqual(
      zsh("paperward -v 2 document_exporter --zip-n").line,
      "paperward -v 2 document_exporter --zip-name",
    );
    strictEqual(zsh("paperward completions f").line, "paperward completions fish");
    strictEqual(zsh("paperward diary s").line, "paperward diary show");
  },
});

Deno.test("words of help can't break out of their quotes", () => {
  const nasty = "it's [odd]: `$(touch x)` \\";
  const commands = [{
    name: "odd",
    summary: nasty,
    arguments: [],
    flags: [{ long: "flag", help: nasty, origin: "paperward" as const }],
  }];
  for (const shell of ["bash", "zsh", "fish"] as const) {
    if (withoutShell(shell)) continue;
    using folder = tempFolder();
    Deno.writeTextFileSync(`${folder.path}/script`, completionScript(shell, commands));
    const { success, stderr } = new Deno.Command(shell, {
      args: ["-n", "script"],
      cwd: folder.path,
    }).outputSync();
    ok(success, new TextDecoder().decode(stderr));
    strictEqual([...Deno.readDirSync(folder.path)].length, 1);
  }
});
