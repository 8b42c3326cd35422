/** Attempts to reach JavaScript from a template, and how it is seen that one worked. */
import { DiagnosticError } from '../../runner/diagnostic/diagnostic.ts'
import { SourceFile } from '../../runner/diagnostic/source.ts'
import { Jinja } from '../../runner/resolve/jinja/index.ts'
import { fromPlain } from '../../runner/value/convert.ts'
import { Dict, Template, Unknown, UnknownValueError, type Value } from '../../runner/value/value.ts'
import { TemplateMaker } from './template-maker.ts'

const ATTACK = 'return globalThis.__escaped = process'

/** Values whose JavaScript properties a payload would climb. */
const HANDLES = [
  'range',
  'cycler',
  'joiner',
  'namespace',
  'dict',
  'lookup',
  'now',
  "cycler('a')",
  "joiner(',')",
  'namespace(a=1)',
  'range(3)',
  "''",
  "'a'",
  '1',
  '1.5',
  'true',
  'none',
  '[]',
  '[1]',
  '()',
  '{}',
  'd',
  'l',
  's',
  's.upper',
  'd.items',
  'l.append',
  'd.items()',
  'now()',
  "'2024-01-01 00:00:00' | to_datetime",
  "[{'a': 1}] | groupby('a') | first",
  'nope',
]
const PROPERTIES = [
  'constructor',
  '__proto__',
  'prototype',
  'call',
  'apply',
  'bind',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  '__lookupGetter__',
  '__class__',
  '__init__',
  '__globals__',
  '__mro__',
  '__subclasses__',
  'caller',
  'arguments',
  'then',
  'run',
  'engine',
  'print',
  'size',
  'get',
  'set',
  'items',
  'value',
]

/** Whole payloads, as they are known from the wild. */
export const PAYLOADS: readonly string[] = [
  `{{ range.constructor("${ATTACK}")() }}`,
  `{{ range['constructor']("${ATTACK}")() }}`,
  `{{ cycler.constructor("${ATTACK}")() }}`,
  `{{ joiner.constructor("${ATTACK}")() }}`,
  `{{ constructor.constructor("${ATTACK}")() }}`,
  `{{ "".constructor.constructor("${ATTACK}")() }}`,
  `{{ (1).constructor.constructor("${ATTACK}")() }}`,
  `{{ [].constructor.constructor("${ATTACK}")() }}`,
  `{{ {}.constructor.constructor("${ATTACK}")() }}`,
  `{{ d["__proto__"].constructor("${ATTACK}")() }}`,
  `{{ d.__proto__.polluted }}{% set x = d.__proto__ %}{{ x.polluted }}`,
  `{% macro m() %}{% endmacro %}{{ m.constructor("${ATTACK}")() }}`,
  `{% macro m() %}{{ caller.constructor("${ATTACK}")() }}{% endmacro %}{% call m() %}{% endcall %}`,
  `{% for i in l %}{{ loop.constructor("${ATTACK}")() }}{% endfor %}`,
  `{% for i in l %}{{ loop.cycle.constructor("${ATTACK}")() }}{% endfor %}`,
  `{% set f = "a".sub %}{{ f.constructor("${ATTACK}")() }}`,
  `{{ l | map(attribute="constructor") | first }}`,
  `{{ l | map(attribute="constructor.constructor") | first }}`,
  `{{ [d] | map(attribute="__proto__") | list }}`,
  `{{ [d] | sort(attribute="__proto__.x") }}`,
  `{{ [d] | groupby("constructor") }}`,
  `{{ [d] | selectattr("constructor") | list }}`,
  `{{ [d] | sum(attribute="constructor") }}`,
  `{{ d | attr("constructor") }}`,
  `{{ d | attr("__proto__") }}`,
  `{{ "constructor" | extract(d) }}`,
  `{{ "__proto__" | extract(d, "polluted") }}`,
  `{{ l | map("constructor") | list }}`,
  `{{ l | map("__proto__") | list }}`,
  `{{ l | select("constructor") | list }}`,
  `{{ x | constructor }}`,
  `{{ l is constructor }}`,
  `{{ "{0.constructor}".format(l) }}`,
  `{{ "{0.__proto__}".format(d) }}`,
  `{{ "{0[__proto__]}".format(d) }}`,
  `{{ "%(constructor)s" % d }}`,
  `{{ d | json_query("constructor") }}`,
  `{{ d | json_query("__proto__.x") }}`,
  `{{ d | json_query("constructor(@)") }}`,
  `{{ s | urlsplit("constructor") }}`,
  `{{ s | comment("constructor") }}`,
  `{{ s | b64encode("constructor") }}`,
  `{{ s | hash("constructor") }}`,
  `{{ self.constructor }}`,
  `{% block constructor %}{% endblock %}{{ self.constructor().constructor("${ATTACK}")() }}`,
  `{% block x %}{{ super.constructor("${ATTACK}")() }}{% endblock %}`,
  `{% block __proto__ %}x{% endblock %}`,
  `{% include "constructor" %}`,
  `{% include "__proto__" %}`,
  `{% extends "constructor" %}`,
  `{% import "__proto__" as x %}`,
  `{% import "ok" as m %}{{ m.constructor("${ATTACK}")() }}`,
  `{% import "ok" as m %}{{ m.__proto__ }}`,
  `{% from "ok" import constructor %}{{ constructor("${ATTACK}")() }}`,
  `{% set constructor = 1 %}{{ constructor }}{% set __proto__ = 2 %}`,
  `{% macro __proto__(constructor) %}{{ constructor }}{% endmacro %}`,
  `{{ dict(__proto__={"polluted": 1}).polluted }}`,
  `{% set x = {} %}{{ x.update({"__proto__": {"polluted": 1}}) }}{{ x.polluted }}`,
  `{{ {} | combine({"__proto__": {"polluted": 1}}, recursive=true) }}`,
  `{{ '{"__proto__": {"polluted": 1}}' | from_json }}`,
  `{{ '__proto__: {polluted: 1}' | from_yaml }}`,
  `{{ [["__proto__", {"polluted": 1}]] | items2dict(0, 1) }}`,
  `{{ namespace(__proto__={"polluted": 1}).polluted }}`,
  `{% set ns = namespace() %}{% set ns.__proto__ = {"polluted": 1} %}{{ ns.polluted }}`,
  `{{ "x" | regex_replace("x", "\${process}") }}`,
  `{{ 1 | default(constructor) }}{{ [] | random(seed=constructor) }}`,
  `{{ "" | regex_search("(?<constructor>a)") }}`,
  '{{ `${process.exit()}` }}',
  '{{ /x/.constructor }}',
  '{{ (() => 1)() }}',
  '{{ function(){} }}',
  '{{ new Date() }}',
  '{{ process.env }}{{ globalThis }}{{ require("fs") }}',
  `{{ "\\"); throw 1; (\\"" }}{% block a1 %}");throw 1;("{% endblock %}`,
  `{{ (range.constructor)("${ATTACK}")() }}`,
  `{{ range | attr("constructor") | attr("constructor") }}`,
  `{{ lookup("vars", "constructor") }}{{ lookup("constructor", "x") }}{{ lookup("__proto__") }}`,
  `{{ query("dict", {"__proto__": {"polluted": 1}}) }}`,
  `{{ lookup("items", constructor) }}`,
  `{{ lookup("sequence", "end=1 format=%(constructor)s") }}`,
  `{{ dict([["__proto__", {"polluted": 1}]]).polluted }}`,
  `{{ {"a": 1}.fromkeys(["__proto__"], {"polluted": 1}) }}`,
  `{{ {}.setdefault("__proto__", {"polluted": 1}) }}{{ {}.polluted }}`,
  `{{ "".join.constructor("${ATTACK}")() }}`,
  `{{ "{0.__class__.__init__.__globals__}".format("") }}`,
  `{{ "{a[constructor]}".format_map({"a": []}) }}`,
  `{{ "".__class__.__mro__[1].__subclasses__() }}`,
  `{{ "".__class__.__name__.constructor("${ATTACK}")() }}`,
  `{{ cycler.__init__.__globals__.os.popen("id").read() }}`,
  `{{ lipsum.__globals__["os"].popen("id").read() }}`,
  `{{ self._TemplateReference__context.cycler.__init__.__globals__ }}`,
  `{{ request.application.__globals__.__builtins__.__import__("os") }}`,
  `{{ config.items() }}{{ get_flashed_messages.__globals__ }}`,
  `{{ namespace.__init__.__globals__ }}{{ namespace(x=1).__dict__ }}`,
  `{{ (lambda: 1)() }}{{ __import__("os") }}{{ eval("1") }}{{ exec("1") }}`,
  `{{ l.sort(key=range.constructor) }}{{ l | sort(attribute="constructor.name") }}`,
  `{{ [l] | map(attribute="length.constructor") | list }}`,
  `{{ [d] | map(attribute="a.__proto__.constructor") | list }}`,
  `{{ [d] | rejectattr("__proto__.polluted") | list }}`,
  `{{ [d] | max(attribute="constructor") }}{{ [d] | unique(attribute="__proto__") | list }}`,
  `{{ [{"__proto__": "a"}] | groupby("__proto__") }}`,
  `{{ [{"constructor": "a", "v": 1}] | rekey_on_member("constructor") }}`,
  `{{ [{"__proto__": "a", "v": 1}] | rekey_on_member("__proto__") }}`,
  `{{ [{"__proto__": [1]}] | subelements("__proto__") }}`,
  `{{ d | community.general.json_query("values(@)[?constructor]") }}`,
  `{{ [d] | community.general.groupby_as_dict("constructor") }}`,
  `{{ s | regex_replace("(?P<__proto__>t)", "\\\\g<__proto__>") }}`,
  `{{ s | regex_findall("(?P<constructor>e)") }}`,
  `{{ "!!js/function 'function(){}'" | from_yaml }}`,
  `{{ "!!python/object/apply:os.system ['id']" | from_yaml }}`,
  `{{ '{"a": 1, "constructor": {"prototype": {"polluted": 1}}}' | from_json | combine({}, recursive=true) }}`,
  `{% set ns = namespace(a=1) %}{% set ns.constructor = 5 %}{{ ns.constructor }}`,
  `{% for constructor, __proto__ in d.items() %}{{ constructor }}{{ __proto__ }}{% endfor %}`,
  `{% with __proto__ = {"polluted": 1} %}{{ polluted }}{% endwith %}`,
  `{% filter constructor %}x{% endfilter %}`,
  `{% filter replace("x", constructor) %}x{% endfilter %}`,
  `{% call(constructor) m() %}{% endcall %}`,
  `{% extends d.__proto__ %}{% include [constructor, "x"] ignore missing %}`,
  `#jinja2: variable_start_string:'[[', variable_end_string:']]'\n[[ range.constructor("${ATTACK}")() ]]`,
  `#jinja2: __proto__:True\n{{ polluted }}`,
  `{{ now().constructor("${ATTACK}")() }}{{ now().strftime.constructor }}`,
  `{{ undef(hint="x").constructor }}{{ omit.constructor }}`,
  `{{ caller.constructor }}{{ varargs.constructor }}{{ kwargs.__proto__ }}`,
  `{% macro m() %}{{ varargs.constructor }}{{ kwargs["__proto__"] }}{% endmacro %}{{ m(1, __proto__=2) }}`,
  `{{ [1, 2, 3].__proto__.map.constructor("${ATTACK}")() }}`,
  `{{ "a".replace.call("a", "b") }}{{ "a".at.constructor }}`,
  `{{ l[constructor] }}{{ l["__proto__"]["push"] }}{{ l["length"]["constructor"] }}`,
  `{{ d.items.__self__ }}{{ d.items.__func__.__globals__ }}`,
  `{{ {}|attr("__class__")|attr("__base__")|attr("__subclasses__")() }}`,
  `{{ ""|attr("\\x5f\\x5fclass\\x5f\\x5f") }}{{ ()|attr("__cla" ~ "ss__") }}`,
  `{{ l | map("attr", "constructor") | list }}`,
  `{{ l | map("extract", d, "__proto__") | list }}`,
  `{{ "constructor" in d }}{{ "__proto__" in d }}{{ d.get("__proto__") }}{{ d.get("constructor") }}`,
  `{{ d.pop("__proto__", 1) }}{{ d.pop("constructor", 1) }}`,
]

/** Every property of every handle, read in each way there is, and called. */
export function* climbs(): Generator<string> {
  for (const handle of HANDLES) {
    for (const property of PROPERTIES) {
      for (const access of [`(${handle}).${property}`, `(${handle})['${property}']`, `(${handle}) | attr('${property}')`]) {
        yield `{{ ${access} }}`
        yield `{{ (${access})("${ATTACK}") }}`
        yield `{{ (${access})("${ATTACK}")() }}`
      }
    }
  }
}

/** A template or an expression of each seed. */
export function* randomTemplates(firstSeed: number, count: number): Generator<string> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++)
    yield seed % 2 === 0 ? new TemplateMaker(seed).template(3) : `{{ ${new TemplateMaker(seed).expression(3)} }}`
}

/** No value of JavaScript itself may come out: no function, no object that is not one of ours. */
function isOurs(value: Value): boolean {
  if (value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value)) return true
  if (Array.isArray(value)) return value.every(isOurs)
  if (value instanceof Dict) return [...value].every(([key, item]) => isOurs(key) && isOurs(item))
  return typeof value === 'object'
}

/** Variables of every kind, and an attacker's favourites among their names. */
function victims(): Dict {
  const variables = new Dict(
    fromPlain({ n: 7, f: 1.5, s: 'text', x: 'x', l: [3, 1, 2], d: { a: 1, b: [true] }, deep: { x: { y: [{ z: 1 }] } }, yes: true }) as Dict,
  )
  variables.set('big', 2n ** 70n)
  variables.set('nul', null)
  variables.set('u', new Unknown('TASK [x] has not run'))
  return variables
}

/** No template takes more of the processor than this, by far; one that does is not bounded. */
const MAX_CPU_MS = 20_000

/** Evaluates templates and looks for what they must not do. */
export class EscapeWatch {
  readonly variables = victims()
  readonly #before = traces()
  readonly #jinja = new Jinja({
    now: () => new Date(0),
    random: () => 0.5,
    loadTemplate: (name) => (name === 'a' || name === 'ok' ? new SourceFile(name, '{% macro m() %}{% endmacro %}{{ n }}') : undefined),
    lookup: (_name, terms) => terms,
  })

  /** Why a template did what it must not, or undefined. */
  fault(template: string): string | undefined {
    const scope = { get: (name: string) => this.variables.get(name), names: () => [...this.variables.keys()] as string[] }
    const file = new SourceFile('t.j2', template)
    const began = process.cpuUsage()
    const found =
      survives(() => this.#jinja.renderFile(file, scope)) ??
      survives(() => this.#jinja.templateValue(new Template(template, { file, start: 0, end: template.length }), scope))
    if (found !== undefined) return found
    const usedMs = process.cpuUsage(began).user / 1000
    if (usedMs > MAX_CPU_MS) return `took ${usedMs} ms of the processor`
    const after = traces()
    return after === this.#before ? undefined : `left something behind: ${after}`
  }
}

/** Runs a piece of work; what it gives and what it throws must be ours. */
function survives(work: () => Value): string | undefined {
  try {
    const value = work()
    if (!isOurs(value)) return 'gave something of JavaScript'
    return typeof value === 'string' && LOOKS_LIKE_JAVASCRIPT.test(value) ? `printed something of JavaScript: ${value.slice(0, 100)}` : undefined
  } catch (error) {
    return error instanceof DiagnosticError || error instanceof UnknownValueError ? undefined : `threw ${String(error)}`
  }
}

const LOOKS_LIKE_JAVASCRIPT = /\[native code\]|\[object \w+\]|function\s*\w*\(\w*\)\s*\{|class \w+ extends/

/** What a template could leave behind: globals, and properties of what all objects share. */
function traces(): string {
  const shared = [Object, Array, String, Number, Boolean, Function, Map, Set, RegExp, Promise, Error, BigInt, Symbol]
  const names = shared.map((each) => `${Object.getOwnPropertyNames(each).length}/${Object.getOwnPropertyNames(each.prototype).length}`)
  return [...names, Object.getOwnPropertyNames(globalThis).length].join(' ')
}
