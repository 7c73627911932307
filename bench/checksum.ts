// Checksums and copies against the usual tools, as ratios of one run: checksums by CPU time, so that what else
// the machine does counts little; the copy by wall time, alternating. Usage:
//   ./denow run -A bench/checksum.ts [--folder DIR] [--files 2000] [--rounds 5] [--copy]

import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import process from "node:process";
import { closeSync, openSync, readSync } from "node:fs";
import {
  type Checksum,
  createChecksum,
  denoTransferIo,
  nativeChecksum,
  openTransferPool,
  transferFiles,
  type TransferJob,
  type TransferOptions,
  wasmChecksum,
} from "../wasm/checksum/mod.ts";
import { measure, median } from "./_measure.ts";

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    files: { type: "string", default: "2000" },
    rounds: { type: "string", default: "5" },
    copy: { type: "boolean", default: false },
  },
});
const count = Number(values.files);
const rounds = Number(values.rounds);
const LARGE = 256 * 2 ** 20;

const folder = await Deno.makeTempDir({
  prefix: "paperward_bench_",
  ...(values.folder === undefined ? {} : { dir: values.folder }),
});
const source = `${folder}/source`;
const target = `${folder}/target`;
const large = `${folder}/large`;

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Sizes of scanned pages: 20 to 390 KB, 118 KB on average; the same in each run. */
function makeFiles(): number {
  Deno.mkdirSync(source);
  let state = 12345;
  const random = (): number => (state = state * 1103515245 + 12345 & 0x7fffffff) / 0x7fffffff;
  const noise = new Uint8Array(2 ** 22);
  for (let at = 0; at < noise.length; at += 65536) {
    crypto.getRandomValues(noise.subarray(at, at + 65536));
  }
  let total = 0;
  for (let i = 0; i < count; i++) {
    const size = Math.floor(20_000 + Math.exp(random() * 3) * 15_600 * (0.5 + random()));
    const at = Math.floor(random() * 2 ** 21);
    Deno.writeFileSync(`${source}/${i}.pdf`, noise.subarray(at, at + size));
    total += size;
  }
  using file = Deno.openSync(large, { write: true, createNew: true });
  for (let at = 0; at < LARGE; at += noise.length) file.writeSync(noise);
  return total;
}

/** Seconds of CPU time of this process. */
function cpu(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

type Contenders = Readonly<Record<string, () => number | Promise<number>>>;

/** Runs the contenders in turn and prints their medians, with the ratio of the first to each other one. */
async function compare(title: string, bytes: number, contenders: Contenders): Promise<void> {
  const names = Object.keys(contenders);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (const act of Object.values(contenders)) await act();
  for (let round = 0; round < rounds; round++) {
    for (const [name, act] of Object.entries(contenders)) times.get(name)!.push(await act());
  }
  const middle = (name: string): number => median(times.get(name)!);
  say(`\n${title}`);
  for (const name of names) {
    const speed = (bytes / 1e9 / middle(name)).toFixed(2).padStart(6);
    const ratio = (middle(name) / middle(names[0]!)).toFixed(2);
    say(
      `  ${name.padEnd(44)}${speed} GB/s   ${name === names[0] ? "" : `${ratio} times our time`}`,
    );
  }
}

const external = async (...command: string[]): Promise<number> => (await measure(command)).cpu;

function overFiles(algorithm: "md5" | "sha256", options: TransferOptions = {}): () => number {
  const jobs = Array.from(
    { length: count },
    (_, id): TransferJob => ({ id, source: `${source}/${id}.pdf`, algorithm }),
  );
  return () =>
    cpu(() => {
      for (const { error } of transferFiles(jobs, denoTransferIo, options)) {
        if (error) throw new Error(error.message);
      }
    });
}

/** What a program without the kernel does: read all of each file, `createHash`. */
function plainNode(algorithm: string): () => number {
  return () =>
    cpu(() => {
      for (let i = 0; i < count; i++) {
        createHash(algorithm).update(Deno.readFileSync(`${source}/${i}.pdf`)).digest("hex");
      }
    });
}

function overLarge(checksum: () => Checksum): () => number {
  const buffer = new Uint8Array(128 * 1024);
  return () =>
    cpu(() => {
      const file = openSync(large, "r");
      const started = checksum();
      for (let read; (read = readSync(file, buffer)) > 0;) {
        started.update(buffer.subarray(0, read));
      }
      started.digestHex();
      closeSync(file);
    });
}

function transferLarge(algorithm: "md5" | "sha256"): () => number {
  return () => cpu(() => void [...transferFiles([{ id: 0, source: large, algorithm }])]);
}

async function copies(): Promise<void> {
  const pool = openTransferPool({ read: [source], write: [target] });
  const times = new Map<string, number[]>();
  const clean = async (): Promise<void> => {
    await Deno.remove(target, { recursive: true }).catch(() => {});
    await new Deno.Command("sync").output();
  };
  const ours = async (algorithm: TransferJob["algorithm"]): Promise<number> => {
    await Deno.mkdir(target);
    const start = performance.now();
    const jobs = Array.from({ length: count }, (_, id): TransferJob => ({
      id,
      source: `${source}/${id}.pdf`,
      algorithm,
      target: { path: `${target}/${id}.pdf`, mode: 0o644, mtime: 1.7e12 },
    }));
    for await (const { error } of pool.run(jobs)) if (error) throw new Error(error.message);
    const written = performance.now();
    const paths = jobs.map((_, id) => `${target}/${id}.pdf`);
    for await (const { message } of pool.sync(paths)) throw new Error(message);
    say(
      `    ${algorithm}: written after ${(written - start).toFixed(0)} ms, durable after ${
        (performance.now() - start).toFixed(0)
      } ms`,
    );
    return (performance.now() - start) / 1000;
  };
  const contenders: Contenders = {
    "cp -a && sync -f": async () => {
      const command = `cp -a "${source}" "${target}" && sync -f "${target}"`;
      return (await measure(["sh", "-c", command])).wall;
    },
    "copy with MD5, made durable": () => ours("md5"),
    "copy with SHA-256, made durable": () => ours("sha256"),
    "copy alone, made durable": () => ours("none"),
  };
  say("\nCopy, wall time");
  for (let round = -1; round < rounds; round++) {
    for (const [name, act] of Object.entries(contenders)) {
      await clean();
      const time = await act();
      if (round >= 0) times.set(name, [...times.get(name) ?? [], time]);
    }
  }
  const reference = median(times.get("cp -a && sync -f")!);
  for (const [name, all] of times) {
    const time = median(all);
    const least = Math.min(...all);
    say(
      `  ${name.padEnd(44)}${time.toFixed(2)} s (best ${least.toFixed(2)})   ${
        (time / reference).toFixed(2)
      } times cp`,
    );
  }
  pool.close();
}

try {
  const total = makeFiles();
  say(`${count} files of ${(total / count / 1000).toFixed(0)} KB, one of ${LARGE / 2 ** 20} MiB`);
  const list = (command: string): string[] => [
    "sh",
    "-c",
    `find "${source}" -type f -print0 | xargs -0 -n 500 ${command}`,
  ];
  await compare("MD5 over many files, one thread", total, {
    "sixteen lanes in WASM": overFiles("md5"),
    "md5sum": () => external(...list("md5sum")),
    "node:crypto": plainNode("md5"),
  });
  await compare("SHA-256 over many files, one thread", total, {
    "as this machine chooses": overFiles("sha256"),
    "by the host": overFiles("sha256", { sha256: "host" }),
    "sixteen lanes in WASM": overFiles("sha256", { sha256: "module" }),
    "openssl dgst -sha256": () => external(...list("openssl dgst -sha256")),
    "sha256sum": () => external(...list("sha256sum")),
    "node:crypto": plainNode("sha256"),
  });
  await compare("MD5 of one large file", LARGE, {
    "createChecksum": overLarge(() => createChecksum("md5")),
    "transferFiles": transferLarge("md5"),
    "node:crypto": overLarge(() => nativeChecksum("md5")),
    "md5sum": () => external("md5sum", large),
  });
  await compare("SHA-256 of one large file", LARGE, {
    "createChecksum": overLarge(() => createChecksum("sha256")),
    "transferFiles": transferLarge("sha256"),
    "node:crypto": overLarge(() => nativeChecksum("sha256")),
    "scalar WASM": overLarge(() => wasmChecksum("sha256")),
    "openssl dgst -sha256": () => external("openssl", "dgst", "-sha256", large),
  });
  if (values.copy) await copies();
} finally {
  await Deno.remove(folder, { recursive: true });
}
