/** What a person is told: the code, the place, the words and the hint. */
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import { Dict, Template } from '../../../../runner/value/value.ts'
import { faultOf, render, scopeOf, templateOf } from './helper.ts'

const variables = { name: 'web', d: { address: '10.0.0.1' }, l: [1, 2], n: 7 }

t.test('a fault in a template file points at its line and column', async (t) => {
  const table: [string, string, string, string, string | undefined][] = [
    ['{{ nam }}', 'UNDEFINED_VARIABLE', 't.j2:1:4', "'nam' is undefined", "Did you mean 'name'?"],
    ['a\n  {{ d.adress }}', 'UNDEFINED_VARIABLE', 't.j2:2:6', "'dict object' has no attribute 'adress'", "Did you mean 'address'?"],
    ['{{ l[5] }}', 'UNDEFINED_VARIABLE', 't.j2:1:4', 'list object has no element 5', undefined],
    ['x {{ nope.a.b | upper }}', 'UNDEFINED_VARIABLE', 't.j2:1:6', "'nope' is undefined", undefined],
    ['{{ 1 + nope }}', 'UNDEFINED_VARIABLE', 't.j2:1:8', "'nope' is undefined", undefined],
    ['{% if nope %}{% endif %}', 'UNDEFINED_VARIABLE', 't.j2:1:7', "'nope' is undefined", undefined],
    ['{% for i in nope %}{% endfor %}', 'UNDEFINED_VARIABLE', 't.j2:1:13', "'nope' is undefined", undefined],
    ['{{ [name, nope] }}', 'UNDEFINED_VARIABLE', 't.j2:1:11', "'nope' is undefined", undefined],
    ['\n\n{{ name | uper }}', 'UNKNOWN_FILTER', 't.j2:3:11', "there is no filter 'uper'", "Did you mean 'upper'?"],
    ['{{ name is sting }}', 'UNKNOWN_TEST', 't.j2:1:12', "there is no test 'sting'", "Did you mean 'string'?"],
    ["{{ l | map('uper') }}", 'UNKNOWN_FILTER', 't.j2:1:4', "there is no filter 'uper'", "Did you mean 'upper'?"],
    ['a {{ name + 1 }}', 'TEMPLATE_FAILED', 't.j2:1:6', 'can only concatenate str (not "int") to str', undefined],
    ['{{ 1 / 0 }}', 'TEMPLATE_FAILED', 't.j2:1:4', 'division by zero', undefined],
    ['{{ n() }}', 'TEMPLATE_FAILED', 't.j2:1:4', "'int' object is not callable", undefined],
    ["{{ name | replace('a') }}", 'TEMPLATE_FAILED', 't.j2:1:4', "filter 'replace' is missing its argument 'new'", undefined],
    ['{{ name', 'TEMPLATE_SYNTAX', 't.j2:1:1', "'}}' is missing", undefined],
    ['{% if n %}\nx\n', 'TEMPLATE_SYNTAX', 't.j2:2:2', "'if' is not closed: 'elif' or 'else' or 'endif' is missing", undefined],
    ['{% for i in l %}{% endif %}', 'TEMPLATE_SYNTAX', 't.j2:1:20', "unexpected 'endif'", "The innermost open block is 'for'."],
    ['{% fr i in l %}', 'TEMPLATE_SYNTAX', 't.j2:1:4', "unknown statement 'fr'", "Did you mean 'for'?"],
    ['{% do l.append(1) %}', 'TEMPLATE_SYNTAX', 't.j2:1:4', "unknown statement 'do'", "Ansible has 'do' off unless jinja2_extensions names its extension."],
    ['{{ [1, 2 }}', 'TEMPLATE_SYNTAX', 't.j2:1:10', "unexpected '}', expected ']'", undefined],
    ["{{ 'a }}", 'TEMPLATE_SYNTAX', 't.j2:1:4', 'a string is not closed', undefined],
    ['{{ a b }}', 'TEMPLATE_SYNTAX', 't.j2:1:6', "expected 'variableEnd', got 'b'", undefined],
    ['{{ 1 + }}', 'TEMPLATE_SYNTAX', 't.j2:1:8', "unexpected '}}'", undefined],
    ['{% include "x.j2" %}', 'FILE_NOT_FOUND', 't.j2:1:12', "there is no template 'x.j2'", undefined],
    ["{{ lookup('env', 'A') }}", 'UNKNOWN_LOOKUP', 't.j2:1:4', "there is no lookup 'env' here", undefined],
    ['{{ undef(hint="set it") }}', 'UNDEFINED_VARIABLE', 't.j2:1:4', 'set it', undefined],
  ]
  for (const [text, code, at, summary, hint] of table) {
    t.same(faultOf(() => render(text, variables)), { code, at, summary, hint }, text) // prettier-ignore
  }
})

t.test('a fault in a scalar of a playbook points into the file', async (t) => {
  const text = [
    '- debug:',
    '    msg: {{ nope }}',
    '    quoted: "x {{ nope }}"',
    '    escaped: "a\\t{{ nope }}"',
    '    block: |',
    '      first',
    '      {{ nope }}',
    '',
  ].join('\n')
  const file = new SourceFile('play.yml', text)
  const scalar = (value: string, written: string): Template => {
    const start = text.indexOf(written)
    return new Template(value, { file, start, end: start + written.length })
  }
  const at = (template: Template): string => faultOf(() => new Jinja().templateValue(template, scopeOf())).at
  t.equal(at(scalar('{{ nope }}', '{{ nope }}')), 'play.yml:2:13')
  t.equal(at(scalar('x {{ nope }}', '"x {{ nope }}"')), 'play.yml:3:19')
  t.equal(at(scalar('a\t{{ nope }}', '"a\\t{{ nope }}"')), 'play.yml:4:14', 'with an escape, the start of the scalar')
  t.equal(at(scalar('first\n{{ nope }}\n', '|\n      first\n      {{ nope }}\n')), 'play.yml:7:10')
})

t.test('a fault in an included template or a macro points into its own file', async (t) => {
  const files: Readonly<Record<string, string>> = { 'a.j2': 'x\n{{ 1 / 0 }}', 'm.j2': '\n{% macro m(x) %}{{ x.y }}{% endmacro %}' }
  const hooks = { loadTemplate: (name: string) => (files[name] === undefined ? undefined : new SourceFile(name, files[name])) }
  t.equal(faultOf(() => render('{% include "a.j2" %}', {}, hooks)).at, 'a.j2:2:4')
  t.equal(faultOf(() => render('{% from "m.j2" import m %}{{ m({}) }}', {}, hooks)).at, 'm.j2:2:20')
})

t.test('a variable that is made of an undefined one is undefined, and says which', async (t) => {
  const file = new SourceFile('vars.yml', 'a: {{ nope }}')
  const cause = new DiagnosticError({ code: 'UNDEFINED_VARIABLE', severity: 'error', summary: "'nope' is undefined", range: { file, start: 6, end: 10 } })
  const scope = {
    get: (name: string) => {
      if (name === 'a') throw cause
      return undefined
    },
    names: () => ['a'],
  }
  const jinja = new Jinja()
  t.equal(jinja.condition({ text: 'a is defined' }, scope), false)
  t.equal(jinja.templateValue(templateOf("{{ a | default('x') }}"), scope), 'x')
  t.same(faultOf(() => jinja.templateValue(templateOf('{{ a }}'), scope)), { code: 'UNDEFINED_VARIABLE', at: 'vars.yml:1:7', summary: "'nope' is undefined", hint: undefined }) // prettier-ignore
})

t.test('parsing alone finds what is wrong with the text', async (t) => {
  const jinja = new Jinja()
  t.equal(faultOf(() => jinja.parse(templateOf('{{ a | nofilter }}'))).code, 'UNKNOWN_FILTER')
  t.equal(faultOf(() => jinja.parse(templateOf('{% if %}'))).code, 'TEMPLATE_SYNTAX')
  t.equal(faultOf(() => jinja.parse(templateOf('{{ nope }}'))).code, 'none')
  t.equal(faultOf(() => jinja.parseExpression({ text: 'a ==' })).code, 'TEMPLATE_SYNTAX')
  t.equal(faultOf(() => jinja.parseExpression({ text: '' })).code, 'TEMPLATE_SYNTAX')
  t.equal(faultOf(() => jinja.parseExpression({ text: 'a b' })).code, 'TEMPLATE_SYNTAX')
})

t.test('everything is bounded', async (t) => {
  const table = [
    "{{ 'a' * 100000000 }}",
    '{{ [0] * 100000000 }}',
    '{{ range(100000000) }}',
    '{{ 2 ** 100000000 }}',
    '{{ 10 ** 100000 * 10 ** 100000 * 10 ** 100000 }}',
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ '\t' | indent(1000000000, true) }}",
    "{{ 'ab' | replace('', 'x' * 9000000) }}",
    '{{ range(1000) | product(range(1000), range(1000)) }}',
    '{{ range(20) | permutations }}',
    '{{ range(100) | combinations(50) }}',
    '{% for i in range(1000000) %}{% for j in range(1000000) %}{% endfor %}{% endfor %}',
    "{% for i in range(1000000) %}{{ 'aaaaaaaaaaaaaaaaaaaa' }}{% endfor %}",
    '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
    '{% macro m() %}{% call m() %}{% endcall %}{{ caller }}{% endmacro %}{{ m() }}',
    '{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}',
    '{% block a %}{{ self.a() }}{% endblock %}',
    '{% include "t.j2" %}',
    `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
    `{{ ${'['.repeat(5000)}${']'.repeat(5000)} }}`,
    `{{ ${'not '.repeat(50000)}1 }}`,
    `{{ ${'-'.repeat(50000)}1 }}`,
    `{{ 1${' + 1'.repeat(50000)} }}`,
    `{{ a${'.b'.repeat(50000)} }}`,
    `{{ 1${' if 1 else 1'.repeat(5000)} }}`,
    '{% if 1 %}'.repeat(5000),
    `{{ '${'['.repeat(5000)}' | from_json }}`,
    '{% set x = [] %}{% for i in range(1000) %}{% set x = x.append([x]) %}{% endfor %}{{ x }}{{ 1000000000000 * "a" }}',
    '{% set ns = namespace(x=[]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}',
    '{% set ns = namespace(x=[]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | to_json }}',
    '{% set ns = namespace(x=[]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x == ns.x | list }}{{ ns.x | flatten }}{{ ns.x }}',
    "{{ 'a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g]' | from_yaml }}",
    "{{ 'x' | password_hash('sha512', 'abc', rounds=900000000) }}",
  ]
  const hooks = { loadTemplate: (name: string) => new SourceFile(name, '{% include "t.j2" %}') }
  for (const text of table) {
    const { code } = faultOf(() => render(text, {}, hooks))
    t.ok(code === 'LIMIT_EXCEEDED' || code === 'TEMPLATE_FAILED' || code === 'TEMPLATE_SYNTAX', `${text.slice(0, 60)}: ${code}`)
  }
})

t.test('a fault of the caller passes through untouched', async (t) => {
  class Pending extends Error {}
  const pending = new Pending()
  const scope = {
    get: (): never => {
      throw pending
    },
    names: () => [],
  }
  t.throws(() => new Jinja().condition({ text: 'x is defined' }, scope), pending)
  const jinja = new Jinja({
    lookup: () => {
      throw pending
    },
  })
  t.throws(() => jinja.templateValue(templateOf("{{ lookup('file', 'x') | default('y') }}"), scopeOf(Dict.of({}))), pending)
})

t.test('there are no orders of more items than there are, and to find that takes no time', async (t) => {
  for (const name of ['permutations', 'combinations']) t.equal(render(`{{ [1, 2] | ${name}(1000000000000) | list }}`), '[]', name)
})
