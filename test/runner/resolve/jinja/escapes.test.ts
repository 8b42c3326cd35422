/** Nothing in a template reaches JavaScript: the payload classes that break nunjucks and Jinja2's sandbox, and some of our own. */
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import { Dict } from '../../../../runner/value/value.ts'
import { render, scopeOf } from './helper.ts'

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
const PAYLOADS = [
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
]

const values = Dict.of({ d: Dict.of({ a: 1 }), l: [1, 2], s: 'text', x: 'x' })
const jinja = new Jinja({ loadTemplate: (name) => (name === 'ok' ? new SourceFile('ok', '{% macro m() %}{% endmacro %}') : undefined) })

/** Renders, and tells whether JavaScript was reached: by an effect, or by something of it in the text. */
function reaches(template: string): boolean {
  let text = ''
  try {
    text = jinja.renderFile(new SourceFile('t.j2', template), scopeOf(values))
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
  }
  const isPolluted = 'polluted' in {} || '__escaped' in globalThis
  return isPolluted || /native code|\[object|function\s*\w*\(|=>|class \w+ (?:extends|\{)/.test(text)
}

t.test('no property of JavaScript can be read or called', async (t) => {
  const reached: string[] = []
  let tried = 0
  for (const handle of HANDLES) {
    for (const property of PROPERTIES) {
      const asAttribute = `(${handle}).${property}`
      const asItem = `(${handle})['${property}']`
      for (const access of [asAttribute, asItem, `(${handle}) | attr('${property}')`]) {
        for (const template of [`{{ ${access} }}`, `{{ (${access})("${ATTACK}") }}`, `{{ (${access})("${ATTACK}")() }}`]) {
          tried++
          if (reaches(template)) reached.push(template)
        }
      }
    }
  }
  t.ok(tried > 7000)
  t.same(reached, [])
})

t.test('known payloads do nothing', async (t) => {
  t.same(PAYLOADS.filter(reaches), [], `${PAYLOADS.length} tried`)
})

t.test('keys that look like properties are keys', async (t) => {
  const dict = new Dict([
    ['__proto__', 'p'],
    ['constructor', 'c'],
  ])
  t.equal(
    render("{{ d['__proto__'] }}{{ d.constructor }}{{ d | dict2items | map(attribute='key') | join(',') }}", Dict.of({ d: dict })),
    'pc__proto__,constructor',
  )
})

t.test('what data holds is never a template', async (t) => {
  const text = '{{ 1 + 1 }}{% for i in l %}{% endfor %}'
  t.equal(render('{{ x }}', { x: text }), text)
  t.equal(render('{{ x | upper | lower }}|{{ [x] | first }}', { x: text }), `${text}|${text}`)
})

t.test('a method that changes a value changes a copy', async (t) => {
  const list = [1]
  const dict = Dict.of({ a: list })
  const variables = Dict.of({ list, dict })
  t.equal(
    render('{{ list.append(2) }}{{ dict.update({"b": 1}) }}{{ dict.a.append(3) }}{{ list }}{{ dict }}', variables),
    "NoneNoneNone[1, 2]{'a': [1, 3], 'b': 1}".replaceAll('None', ''),
  )
  t.same(list, [1])
  t.same([...dict.keys()], ['a'])
  t.throws(() => render("{{ list['append'](2) }}", variables), DiagnosticError)
  t.throws(() => render("{{ (list | attr('append'))(2) }}", variables), DiagnosticError)
  t.same(list, [1])
})
