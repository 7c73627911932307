// Completions of bash, zsh and fish, written from the tables of flags, so that they can't fall behind.
// The scripts hold the names and never start the binary; they also serve links named like a command.

import { BUILT_IN_COMMANDS } from "./built_in_commands.ts";
import type { Flag } from "./flag.ts";
import { GLOBAL_FLAGS } from "./global_flags.ts";
import type { CommandFlags } from "./invocation.ts";
import type { Shell } from "./shells.ts";

/** A command with everything that can be completed behind it. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** What its arguments are. */
  readonly operands: "files" | "none" | readonly string[];
  /** Whether a link of that name is completed too: shells have a `help` of their own. */
  readonly linkable: boolean;
}

function completed(commands: readonly CommandFlags[]): readonly Completed[] {
  const names = [...commands, ...BUILT_IN_COMMANDS].map(({ name }) => name);
  const own = commands.map((command): Completed => ({
    name: command.name,
    summary: command.summary,
    flags: [...command.flags, ...GLOBAL_FLAGS].filter((flag) => !flag.hidden),
    operands: operandsOf(command),
    linkable: true,
  }));
  return [
    ...own,
    ...BUILT_IN_COMMANDS.map((command): Completed => ({
      name: command.name,
      summary: command.summary,
      flags: GLOBAL_FLAGS.filter((flag) => flag.long === "help"),
      operands: command.name === "help" ? names : operandsOf(command),
      linkable: false,
    })),
  ];
}

function operandsOf({ arguments: all }: CommandFlags): Completed["operands"] {
  if (all.some(({ kind }) => kind === "path")) return "files";
  return all.find(({ choices }) => choices)?.choices ?? "none";
}

const visibleGlobals = GLOBAL_FLAGS.filter((flag) => !flag.hidden);

const spellings = ({ short, long }: Flag): string[] =>
  short === undefined ? [`--${long}`] : [`-${short}`, `--${long}`];

/** Quoted for bash and zsh. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The script that a user sources or installs. */
export function completionScript(shell: Shell, commands: readonly CommandFlags[]): string {
  return WRITERS[shell](completed(commands));
}

function bash(commands: readonly Completed[]): string {
  const names = commands.map(({ name }) => name);
  const links = commands.filter(({ linkable }) => linkable).map(({ name }) => name);
  const values = (name: string, flags: readonly Flag[]): string[] =>
    flags.filter((flag) => flag.value).map((flag) => {
      const pattern = spellings(flag).map((spelling) => `${name},${spelling}`).join("|");
      const { kind, choices } = flag.value!;
      const act = choices
        ? `COMPREPLY=($(compgen -W ${quote(choices.join(" "))} -- "$cur"))`
        : kind === "path"
        ? "_paperward_files"
        : ":";
      return `    ${pattern}) ${act}; return ;;`;
    });
  const own = ({ flags }: Completed) => flags.filter((flag) => !GLOBAL_FLAGS.includes(flag));
  return `# bash completion for paperward, written by "paperward completions bash"

_paperward_files() {
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_paperward() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' flags='' operands='' files='' word
  # bash takes --flag=value apart at the sign.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  case \${COMP_WORDS[0]##*/} in
    ${[...links, "''"].join("|")}) command=\${COMP_WORDS[0]##*/} ;;
    *)
      for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
          ${names.join("|")})
            command=$word
            break
            ;;
        esac
      done
      ;;
  esac
  case $command,$prev in
${
    [...values("*", visibleGlobals), ...commands.flatMap((each) => values(each.name, own(each)))]
      .join("\n")
  }
  esac
  case $command in
    '')
      operands=${quote(names.join(" "))}
      flags=${quote(visibleGlobals.flatMap(spellings).join(" "))}
      ;;
${
    commands.map(({ name, flags, operands }) =>
      [
        `    ${name})`,
        `      flags=${quote(flags.flatMap(spellings).join(" "))}`,
        operands === "files"
          ? "      files=1"
          : `      operands=${quote(operands === "none" ? "" : operands.join(" "))}`,
        "      ;;",
      ].join("\n")
    ).join("\n")
  }
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ $files ]]; then
    _paperward_files
  else
    COMPREPLY=($(compgen -W "$operands" -- "$cur"))
  fi
}

complete -F _paperward ${["paperward", ...links].join(" ")}
`;
}

function zsh(commands: readonly Completed[]): string {
  const links = commands.filter(({ linkable }) => linkable).map(({ name }) => name);
  const spec = (flag: Flag): string => {
    const all = spellings(flag);
    const { value } = flag;
    const text = `[${flag.help.replace(/[\\\]\[]/g, "\\$&")}]`;
    const action = value?.choices
      ? `(${value.choices.join(" ")})`
      : value?.kind === "path"
      ? "_files"
      : " ";
    const values = value ? `:${value.name}:${action}`.repeat(value.count ?? 1) : "";
    const exclude = value?.repeatable ? "*" : `(${all.join(" ")})`;
    // `--flag=` takes its value joined or apart; with two values there is no joining.
    const tail = value && (value.count ?? 1) === 1 ? "=" : "";
    return all.map((name) =>
      quote(`${exclude}${name}${name.startsWith("--") ? tail : ""}${text}${values}`)
    ).join(" ");
  };
  const call = (flags: readonly Flag[], operands: readonly string[]): string =>
    ["_arguments", ...flags.map(spec), ...operands].join(" \\\n        ");
  const operandSpec = (operands: Completed["operands"]): readonly string[] => {
    if (operands === "files") return ["'*:file:_files'"];
    return operands === "none" ? [] : [quote(`1: :(${operands.join(" ")})`)];
  };
  return `#compdef ${["paperward", ...links].join(" ")}
# zsh completion for paperward, written by "paperward completions zsh"

_paperward_commands() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join("\n")}
  )
  _describe -t commands command commands
}

_paperward_of() {
  case $1 in
${
    commands.map(({ name, flags, operands }) =>
      `    ${name})\n      ${call(flags, operandSpec(operands))}\n      ;;`
    ).join("\n")
  }
  esac
}

_paperward() {
  local name=\${words[1]:t}
  local -i at
  case $name in
    ${[...links, "''"].join("|")})
      _paperward_of $name
      return
      ;;
  esac
  for (( at = 2; at < CURRENT; at++ )); do
    case \${words[at]} in
      ${commands.map((each) => each.name).join("|")})
        name=\${words[at]}
        shift $(( at - 1 )) words
        (( CURRENT -= at - 1 ))
        _paperward_of $name
        return
        ;;
    esac
  done
  ${call(visibleGlobals, ["'1: :_paperward_commands'"])}
}

if [[ $funcstack[1] == _paperward ]]; then
  _paperward "$@"
else
  compdef _paperward ${["paperward", ...links].join(" ")}
fi
`;
}

function fish(commands: readonly Completed[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const links = commands.filter(({ linkable }) => linkable).map(({ name }) => name);
  const line = (command: string, rest: string): string => {
    const target = links.includes(command) ? `-c paperward -c ${command}` : "-c paperward";
    return `complete ${target} -n ${quoted(`__paperward_is ${command || "''"}`)} ${rest}`;
  };
  const flag = (command: string, { short, long, help, value }: Flag): string => {
    const names = short === undefined ? "" : `${short.length === 1 ? "-s" : "-o"} ${short} `;
    const takes = value?.choices
      ? ` -x -a ${quoted(value.choices.join(" "))}`
      : value?.kind === "path"
      ? " -r -F"
      : value
      ? " -x"
      : "";
    return line(command, `${names}-l ${long} -d ${quoted(help)}${takes}`);
  };
  return `# fish completion for paperward, written by "paperward completions fish"

function __paperward_is -a wanted
    set -l words (commandline -opc)
    set -l name (string split -r -m 1 / -- $words[1])[-1]
    if contains -- $name ${[...links, "''"].join(" ")}
        test "$name" = "$wanted"
        return
    end
    for word in $words[2..]
        if contains -- $word ${commands.map(({ name }) => name).join(" ")}
            test "$word" = "$wanted"
            return
        end
    end
    test -z "$wanted"
end

${["paperward", ...links].map((name) => `complete -c ${name} -f`).join("\n")}
${commands.map(({ name, summary }) => line("", `-a ${name} -d ${quoted(summary)}`)).join("\n")}
${visibleGlobals.map((each) => flag("", each)).join("\n")}
${
    commands.map(({ name, flags, operands }) =>
      [
        ...flags.map((each) => flag(name, each)),
        ...(operands === "files" ? [line(name, "-F")] : []),
        ...(typeof operands === "string" ? [] : [line(name, `-a ${quoted(operands.join(" "))}`)]),
      ].join("\n")
    ).join("\n")
  }
`;
}

const WRITERS: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = {
  bash,
  zsh,
  fish,
};
