// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// verify against md5sum (v2) or openssl (v3) with two processes over the same files in the same run.
// Usage: ./denow run -A bench/verify.ts --library FOLDER [--rounds 5] [--binary dist/paperward]
// The library is one of bench/make_library.ts. Prints ratios; the bound stands beside them, --deep for
// itself.

import { join } from "node:path";
import { readArguments } from "./_arguments.ts";
import { alternate, type Contender, measure, median, type Run } from "./_measure.ts";

const { binary, rounds, values: { library } } = readArguments({ library: "" });
const work = await Deno.makeTempDir({ dir: library, prefix: "bench-" });
const target = join(work, "export");
const env = {
  PAPERLESS_DATA_DIR: join(library, "data"),
  PAPERLESS_MEDIA_ROOT: join(library, "media"),
  PAPERLESS_SCRATCH_DIR: join(work, "scratch"),
};

const paperward = (...args: string[]) =>
  measure([binary, ...args, "--no-progress-bar", "--quiet"], env);

try {
  await Deno.mkdir(target);
  await paperward("document_exporter", target);
  const metadata = await Deno.readTextFile(join(target, "metadata.json"));
  const checksum = metadata.includes('"2.') ? "md5sum" : "openssl dgst -sha256";
  const script = `find ${target} -type f -print0 | xargs -0 -P 2 -n 100 ${checksum} > /dev/null`;
  const contenders: readonly Contender[] = [
    { name: "reference", run: () => measure(["bash", "-c", script]) },
    { name: "verify", run: () => paperward("verify", target) },
    { name: "nothing read", run: () => paperward("verify", target, "--read-data-subset", "0%") },
  ];
  // Warm the page cache for all of them.
  await measure(["bash", "-c", script]);
  const runs = await alternate(contenders, rounds);
  const deep = await alternate([
    { name: "deep", run: () => paperward("verify", target, "--deep") },
  ], 1);
  const of = (name: string, what: keyof Run) =>
    median([...runs.get(name) ?? [], ...deep.get(name) ?? []].map((run) => run[what]));
  const figures = (name: string) =>
    `${of(name, "wall").toFixed(2)} s, ${of(name, "cpu").toFixed(2)} s of CPU`;
  const reference = of("reference", "wall");
  const ratio = (name: string) => (of(name, "wall") / reference).toFixed(2);
  console.log(`${checksum}, two processes: ${figures("reference")}`);
  console.log(`verify: ${ratio("verify")} × (bound 1.3; ${figures("verify")})`);
  console.log(`  of it records, names and start: ${figures("nothing read")}`);
  console.log(`verify --deep: ${ratio("deep")} × (${figures("deep")})`);
  const peaks = ["verify", "deep"].map((name) => `${name} ${of(name, "peak").toFixed(0)} MB`);
  console.log(`peak memory: ${peaks.join(", ")} (bound of verify 300)`);
} finally {
  await Deno.remove(work, { recursive: true });
}
