// Templates that want to hang the run, fill the memory, or see more than their variables. Each must end as a
// failure of its own, and leave nothing behind for the next.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  encodeVariables,
  openTemplateRenderer,
  renderTemplate,
  type TemplateResult,
} from "./_engine.ts";

const VARIABLES = encodeVariables(
  new Map([["title", "doc"], ["text", "x".repeat(1_000_000)]]),
);

/** Source with a part repeated. */
function many(part: string, times: number): string {
  return part.repeat(times);
}

const HOSTILE: Readonly<Record<string, string>> = {
  "a giant range": "{% for a in range(99999999) %}{% endfor %}",
  "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
  "loops in loops": many("{% for a in [1,2] %}", 40) + many("{% endfor %}", 40),
  "a text repeated": "{{ 'x' * 10**9 }}",
  "a list repeated": "{{ [1] * 10**9 }}",
  "a text doubled":
    "{% set n=namespace(x='ab') %}{% for i in range(99) %}{% set n.x=n.x+n.x %}{% endfor %}",
  "a list doubled":
    "{% set n=namespace(x=[1]) %}{% for i in range(99) %}{% set n.x=n.x+n.x %}{% endfor %}",
  "a text concatenated":
    "{% set n=namespace(x='ab') %}{% for i in range(99) %}{% set n.x=n.x~n.x %}{% endfor %}",
  "parentheses": `{{ ${many("(", 30000)}1${many(")", 30000)} }}`,
  "lists in lists": `{{ ${many("[", 30000)}${many("]", 30000)} }}`,
  "negations": `{{ ${many("not ", 15000)}1 }}`,
  "signs": `{{ ${many("- ", 30000)}1 }}`,
  "a sum": `{{ 1${many("+1", 30000)} }}`,
  "attributes": `{{ title${many(".b", 30000)} }}`,
  "filters": `{{ title${many("|e", 30000)} }}`,
  "calls": `{{ title${many("()", 30000)} }}`,
  "conditions": `{{ ${many("1 if 0 else ", 5000)}2 }}`,
  "blocks": many("{% if 1 %}", 3000) + many("{% endif %}", 3000),
  "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
  "a block that calls itself": "{% block a %}{{ self.a() }}{% endblock %}",
  "a loop that calls itself": "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}",
  "a list in itself": "{% set l=[] %}{% set _=l.append(l) %}{{ l }}",
  "lists in themselves, compared":
    "{% set l=[] %}{% set _=l.append(l) %}{% set m=[] %}{% set _=m.append(m) %}{{ l == m }}",
  "a list in itself as JSON": "{% set l=[] %}{% set _=l.append(l) %}{{ l|tojson }}",
  "a deep list":
    "{% set n=namespace(x=[]) %}{% for i in range(99999) %}{% set n.x=[n.x] %}{% endfor %}",
  "a deep key":
    "{% set n=namespace(x=(1,)) %}{% for i in range(9999) %}{% set n.x=(n.x,) %}{% endfor %}" +
    "{{ {n.x: 1} }}",
  "powers": "{{ 9**9**9**9 }}",
  "a large number": "{{ 170141183460469231731687303715884105727 + 1 }}",
  "padding": "{{ 'x'.ljust(10**12) }}",
  "centring": "{{ 'x'|center(10**9) }}",
  "a wide number": "{{ '%1000000000d' % 1 }}",
  "a wide field": "{{ '{:1000000000}'.format(1) }}",
  "a precise number": "{{ '%.1000000000f' % 1 }}",
  "a width as argument": "{{ '%*d' % (10**18, 1) }}",
  "tabs": "{{ ('\\t' * 100000).expandtabs(10**12) }}",
  "indentation": "{{ 'a'|indent(10**9, true) }}",
  "rows": "{{ [1]|batch(10**9, 'x')|list }}",
  "columns": "{{ [1]|slice(10**9)|list }}",
  "replacements": "{{ ('a'*99999)|replace('', 'b'*99999) }}",
  "joining": "{{ range(99999)|join('x'*9999) }}",
  "a wide date": "{{ '2020-01-01'|datetime('%1000000000Y') }}",
  "many wide dates": "{{ '2020-01-01'|datetime('%1000Y'*99999) }}",
  "a search in a list": "{% for i in range(9999) %}{{ i in range(99999)|list }}{% endfor %}",
  "a large dictionary":
    "{% set d={} %}{% for i in range(99999) %}{% set _=d.setdefault(i,i) %}{% endfor %}",
  "printing": `{% for i in range(99999) %}${many("x", 40)}{% endfor %}`,
  "a long text, often": "{% for i in range(9999) %}{% set y=text|upper %}{% endfor %}",
  "searches in a long text": "{% for i in range(99999) %}{{ 'y' in text }}{% endfor %}",
  "the characters of a long text": "{{ text|list|join|length }}{{ text|list|join|length }}",
  "slugs of a long text": "{% for i in range(99) %}{{ (text ~ 'é')|slugify|length }}{% endfor %}",
  "many languages":
    "{% for i in range(99999) %}{{ '2020-01-01'|localize_date('full','de')|length }}{% endfor %}",
  "a long template": many("{{ 1 }}", 20000),
};

function failure(result: TemplateResult): string {
  return "failure" in result ? result.failure : `text of ${result.text.length} characters`;
}

for (const [name, template] of Object.entries(HOSTILE)) {
  Deno.test(`${name}: ends at a limit`, () => {
    strictEqual(failure(renderTemplate(template, VARIABLES)), "limit");
    deepStrictEqual(renderTemplate("{{ title }}", VARIABLES), { text: "doc" });
  });
}

Deno.test("a long field or locale for a date fails", () => {
  for (
    const call of ["localize_date('y'*100000, 'de')", "localize_date('y', 'a'*10000)"]
  ) {
    ok("failure" in renderTemplate(`{{ '2020-01-01'|${call} }}`, VARIABLES));
  }
});

Deno.test("no template reads a file or sees the engine", () => {
  for (
    const template of [
      "{% include '/etc/passwd' %}",
      "{% import '/etc/passwd' as x %}",
      "{% from '/etc/passwd' import x %}",
      "{% extends '/etc/passwd' %}",
      "{{ open('/etc/passwd') }}",
      "{{ ''.__class__.__mro__[1].__subclasses__() }}",
      "{{ '{0.__class__.__init__.__globals__}'.format(title) }}",
      "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
      "{{ self._TemplateReference__context }}",
      "{{ title.constructor }}",
      "{{ title.__proto__ }}",
      "{{ title['constructor']['constructor']('return 1')() }}",
      "{{ Deno }}",
      "{{ globalThis }}",
    ]
  ) ok("failure" in renderTemplate(template, VARIABLES), template);
});

Deno.test("a text in a variable is never taken for a tag of the request", () => {
  const text = '{"none":0}","x":"{{ title }}';
  const variables = encodeVariables(
    new Map<string, string | ReadonlyMap<string, string>>([
      ["text", text],
      ["fields", new Map([["date", "2020-13-99"], ["none", "0"], ["dict", "[]"]])],
    ]),
  );
  deepStrictEqual(renderTemplate("{{ text }}|{{ fields.date }}{{ fields.none }}", variables), {
    text: `${text}|2020-13-990`,
  });
});

Deno.test("lone surrogates, NUL and control characters pass or become U+FFFD", () => {
  const variables = encodeVariables(new Map([["text", "a\ud800b\u0000c\u0007d\ufeffe😀"]]));
  deepStrictEqual(renderTemplate("\ufeff{{ text }}", variables), {
    text: "\ufeffa\ufffdb\u0000c\u0007d\ufeffe😀",
  });
});

Deno.test("the Worker gives the same results as the engine, hostile templates in between", async () => {
  const templates = Object.values(HOSTILE).slice(0, 32).flatMap((each) => [each, "{{ title }}"]);
  const renderer = openTemplateRenderer();
  try {
    const results = await renderer.render(
      templates.map((template) => ({ template, variables: VARIABLES })),
    );
    deepStrictEqual(
      results.map(failure),
      templates.map((_, at) => at % 2 === 0 ? "limit" : "text of 3 characters"),
    );
  } finally {
    renderer.close();
  }
});

Deno.test("a Worker that hangs costs the one template, not the batch", async () => {
  const renderer = openTemplateRenderer({
    deadline: 1000,
    entry: new URL("./_hanging_worker.ts", import.meta.url),
  });
  try {
    const jobs = ["a", "hang", "b", "c", "hang"].map((template) => ({ template, variables: "" }));
    const results = await renderer.render(jobs);
    deepStrictEqual(
      results.map((result) => "text" in result ? result.text : result.failure),
      ["a", "limit", "b", "c", "limit"],
    );
    deepStrictEqual(await renderer.render([{ template: "d", variables: "" }]), [{ text: "d" }]);
  } finally {
    renderer.close();
  }
});

Deno.test("a renderer that is closed answers no more", async () => {
  const renderer = openTemplateRenderer();
  renderer.close();
  await rejects(renderer.render([{ template: "a", variables: "{}" }]), /was closed/);
});
