/** The engine's doors: hooks, types of values, files, names. */
import t from 'tap'
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import type { Hooks, LookupOptions } from '../../../../runner/resolve/jinja/index.ts'
import { print } from '../../../../runner/value/print.ts'
import { Dict, Float, Template, Tuple, Undefined } from '../../../../runner/value/value.ts'
import type { Value } from '../../../../runner/value/value.ts'
import { faultOf, playbookValue, render, scopeOf, templateOf, valueOf } from './helper.ts'

t.test('the type of a value in a playbook', async (t) => {
  const variables = Dict.of({ n: 5, f: new Float(1.5), yes: true, nul: null, l: [1], d: Dict.of({ a: 1 }), s: '[1, 2]', tup: new Tuple([1]) })
  const table: [string, Value][] = [
    ['{{ n }}', 5],
    ['{{ n }}\n', 5],
    ['{{ n }} ', '5 '],
    ['{{ n + 1 }}', '6'],
    ['{{ 5 }}', '5'],
    ['{{ f }}', new Float(1.5)],
    ['{{ yes }}', true],
    ['{{ not yes }}', false],
    ['{{ nul }}', null],
    ["{{ nul | default('x') }}", ''],
    ['[{{ nul }}]', []],
    ['{{ l }}', [1]],
    ['{{ d }}', Dict.of({ a: 1 })],
    ['{{ s }}', [1, 2]],
    ['{{ tup }}', '(1,)'],
    ['{{ d | to_json }}', '{"a": 1}'],
    ['{% set x = d | to_json %}{{ x }}', '{"a": 1}'],
    ['{{ d | to_json | trim }}', Dict.of({ a: 1 })],
    ['text', 'text'],
    ['True', 'True'],
    ["{{ 'True' }}", true],
    ["{{ 'true' }}", 'true'],
    ['{{ range(3) }}', [0, 1, 2]],
    ['{{ [1] if yes }}', [1]],
    ['{{ [1] if not yes }}', ''],
    ["{{ '\\n' | length }}", '2'],
    ['{% macro m() %}[1]{% endmacro %}{{ m() | length }}', '1'],
  ]
  for (const [text, wanted] of table) t.same(playbookValue(text, variables), wanted, text)
})

t.test('a number keeps its type only where the variable itself holds it', async (t) => {
  const raw: Readonly<Record<string, Value | Template>> = {
    n: 5,
    viaTemplate: templateOf('{{ n }}'),
    nul: null,
    viaNull: templateOf('{{ nul }}'),
    d: Dict.of({ a: 1 }),
    json: templateOf('{{ d | to_json }}'),
    again: templateOf('{{ json }}'),
  }
  const jinja = new Jinja()
  const scope = {
    get: (name: string): Value | undefined => {
      const value = raw[name]
      return value instanceof Template ? jinja.templateValue(value, scope) : value
    },
    names: () => Object.keys(raw),
    origin: (name: string) => {
      const value = raw[name]
      if (!(value instanceof Template)) return 'value' as const
      return jinja.gaveText(value) ? ('text' as const) : ('template' as const)
    },
  }
  const value = (text: string): Value => jinja.templateValue(templateOf(text), scope)
  t.equal(value('{{ n }}'), 5)
  t.equal(value('{{ viaTemplate }}'), '5')
  t.equal(value('{{ viaTemplate == 5 }}'), true)
  t.equal(value('{{ nul }}'), null)
  t.equal(value('{{ viaNull }}'), '')
  t.equal(value('{{ json }}'), '{"a": 1}')
  t.equal(value('{{ again }}'), '{"a": 1}')
})

t.test('conditions and expressions', async (t) => {
  const jinja = new Jinja()
  const scope = scopeOf({ n: 5, s: 'no', l: [] })
  t.equal(jinja.condition({ text: 'n == 5 and s' }, scope), true)
  t.equal(jinja.condition({ text: 'l' }, scope), false)
  t.equal(jinja.condition({ text: "'x' if false" }, scope), false)
  t.equal(faultOf(() => jinja.condition({ text: 'nope' }, scope)).code, 'UNDEFINED_VARIABLE')
  t.same(jinja.evaluate({ text: '[n, 1.5]' }, scope), [5, new Float(1.5)])
  t.ok(jinja.evaluate({ text: 'nope.x' }, scope) instanceof Undefined)
  t.equal(jinja.evaluate({ text: "'a\\nb' | length" }, scope), 3)
  t.equal(jinja.evaluate({ text: 'namespace(a=1)' }, scope), "<Namespace {'a': 1}>")
  t.equal(jinja.evaluate({ text: '[range, n]' }, scope), "[<class 'range'>, 5]")
})

t.test('names that are read', async (t) => {
  const jinja = new Jinja()
  const sorted = (names: Set<string>): string[] => [...names].sort()
  t.same(sorted(jinja.undeclared({ text: "a.b[c] | default(d) if e is defined else range(f, *g, **h) and lookup('x', i)" })), ['a', 'c', 'd', 'e', 'f', 'g', 'h', 'i']) // prettier-ignore
  t.same(
    sorted(
      jinja.undeclaredInTemplate(
        templateOf(
          '{% set x = a %}{{ x }}{% for i in b if c %}{{ i }}{{ loop.index }}{{ d }}{% endfor %}{{ i }}{% macro m(p=e) %}{{ p }}{{ f }}{% endmacro %}{{ m() }}{% with w = w %}{{ w }}{% endwith %}',
        ),
      ),
    ),
    ['a', 'b', 'c', 'd', 'e', 'f', 'i', 'w'],
  )
})

t.test('lookups', async (t) => {
  const calls: { name: string; args: Value[]; kwargs: Dict; options: LookupOptions }[] = []
  const hooks: Hooks = {
    lookup: (name, args, kwargs, options) => {
      calls.push({ name, args, kwargs, options })
      return options.wantlist ? [...args] : args.map(print).join(',')
    },
  }
  t.equal(playbookValue("{{ lookup('file', 'a', 'b', errors='ignore', x=1) }}", {}, hooks), 'a,b')
  t.same(calls.pop(), { name: 'file', args: ['a', 'b'], kwargs: Dict.of({ x: 1 }), options: { wantlist: false, errors: 'ignore' } })
  t.same(playbookValue("{{ query('ansible.builtin.file', 'a') }}", {}, hooks), ['a'])
  t.equal(calls.pop()?.name, 'file')
  t.same(playbookValue("{{ q('file', 'a') }}", {}, hooks), ['a'])
  t.same(playbookValue("{{ lookup('file', 'a', wantlist=True) }}", {}, hooks), ['a'])
  t.equal(faultOf(() => playbookValue("{{ lookup('file', nope) }}", {}, hooks)).code, 'UNDEFINED_VARIABLE')
  t.equal(faultOf(() => playbookValue("{{ lookup('file', errors='x') }}", {}, hooks)).code, 'TEMPLATE_FAILED')
})

t.test('what is made of other values is told', async (t) => {
  const told: [Value[], Value][] = []
  const hooks: Hooks = { filterUsed: (input, output) => void told.push([input, output]) }
  render("{{ 'secret' | b64encode }}{{ 'secret'.upper() }}{{ ['secret'] | map('quote') | list }}{{ 'secret' | length }}", {}, hooks)
  t.same(
    told.map(([, output]) => output),
    ['c2VjcmV0', 'SECRET', ['secret'], ['secret']],
    'neither what stays the same nor a number',
  )
})

t.test('files, and tests on them', async (t) => {
  const hooks: Hooks = {
    fileTest: (name, path, other) => `${name} ${path}${other ?? ''}` === 'file /a' || name === 'same_file',
    fileGlob: (pattern) => [`${pattern}1`],
    homeFolder: (user) => (user === undefined ? '/root' : user === 'ann' ? '/home/ann' : undefined),
    environment: (name) => (name === 'A' ? 'x' : undefined),
    now: () => new Date(Date.UTC(2024, 0, 2, 3, 4, 5)),
    random: () => 0.5,
  }
  const table: [string, string][] = [
    ["{{ '/a' is file }}{{ '/a' is directory }}{{ '/a' is same_file('/b') }}", 'TrueFalseTrue'],
    ["{{ '/a/*' | fileglob }}", "['/a/*1']"],
    ["{{ '~/x' | expanduser }} {{ '~ann' | expanduser }} {{ '~bob/x' | expanduser }} {{ 'a~' | expanduser }}", '/root/x /home/ann ~bob/x a~'],
    ["{{ '$A ${A} $B' | expandvars }}", 'x x $B'],
    ["{{ now(utc=true) }} {{ now(utc=true, fmt='%Y') }} {{ '%Y-%m-%d' | strftime(utc=true) }}", '2024-01-02 03:04:05 2024 2024-01-02'],
    ['{{ [1, 2, 3, 4] | random }}{{ 10 | random }}', '35'],
  ]
  for (const [text, wanted] of table) t.equal(render(text, {}, hooks), wanted, text)
  t.equal(faultOf(() => render("{{ 'x' is file }}")).code, 'TEMPLATE_FAILED')
})

t.test('options of a template file', async (t) => {
  const file = (text: string): SourceFile => new SourceFile('t.j2', text)
  const jinja = new Jinja()
  const scope = scopeOf({ n: 1 })
  t.equal(jinja.renderFile(file('{% if n %}\nx\n{% endif %}\n'), scope), 'x\n')
  t.equal(jinja.renderFile(file('{% if n %}\nx\n{% endif %}\n'), scope, { trimBlocks: false }), '\nx\n')
  t.equal(jinja.renderFile(file('  {% if n %}\nx\n  {% endif %}\n'), scope, { lstripBlocks: true }), 'x\n')
  t.equal(jinja.renderFile(file('  {%+ if n %}\nx\n{% endif %}\n'), scope, { lstripBlocks: true }), '  x\n')
  t.equal(jinja.renderFile(file('{{ n }}\n'), scope, { keepTrailingNewline: false }), '1')
  t.equal(jinja.renderFile(file('a\n{{ n }}\n'), scope, { newlineSequence: '\r\n' }), 'a\r\n1\r\n')
  t.equal(jinja.renderFile(file('a\r\nb\n'), scope), 'a\nb\n', 'line breaks of a text without markers, too')
  t.equal(jinja.renderFile(file('a\nb\n'), scope, { newlineSequence: '\r\n', keepTrailingNewline: false }), 'a\r\nb')
  const markers = { blockStart: '[%', blockEnd: '%]', variableStart: '<<', variableEnd: '>>', commentStart: '[#', commentEnd: '#]' }
  t.equal(jinja.renderFile(file('[% if n %]<< n >>[# c #]{{ n }}[% endif %]'), scope, markers), '1{{ n }}')
})

t.test('the header of a template file', async (t) => {
  const scope = scopeOf({ n: 1 })
  const renderText = (text: string): string => new Jinja().renderFile(new SourceFile('t.j2', text), scope)
  t.equal(
    renderText("#jinja2: variable_start_string:'[%', variable_end_string: '%]', trim_blocks: False\n[% n %]{{ n }}{% if n %}\nx{% endif %}"),
    '1{{ n }}\nx',
  )
  t.equal(renderText('#jinja2: lstrip_blocks: True\n  {% if n %}\n  x\n  {% endif %}\n'), '  x\n')
  t.equal(renderText('#jinja2: trim_blocks: False\nplain\n'), 'plain\n')
  t.equal(
    renderText('#jinja2: lstrip_blocks: "true", nope: [1]\n  {% if n %}\n  x\n  {% endif %}\n'),
    '  x\n',
    'the truth of any literal; other names are of no effect',
  )
  t.equal(renderText('#jinja2: trim_blocks: 0\n{% if n %}\nx{% endif %}\n'), '\nx\n')
  for (const header of ['trim_blocks: false', 'nope', 'block_start_string: 1', 'variable_start_string: ""']) {
    const bad = faultOf(() => renderText(`#jinja2: ${header}\n{{ n }}`))
    t.equal(bad.code, 'TEMPLATE_SYNTAX', header)
    t.equal(bad.at, 't.j2:1:1')
  }
  t.equal(faultOf(() => renderText('#jinja2: trim_blocks: False\n\n{{ nope }}')).at, 't.j2:3:4')
})

t.test('statements that have to be switched on', async (t) => {
  const jinja = new Jinja({}, { doStatement: true, loopControls: true })
  const text =
    '{% set x = [] %}{% for i in range(9) %}{% if i == 1 %}{% continue %}{% elif i > 3 %}{% break %}{% endif %}{% do x.append(i) %}{% endfor %}{{ x }}'
  t.equal(jinja.renderFile(new SourceFile('t.j2', text), scopeOf()), '[0, 2, 3]')
  t.equal(faultOf(() => jinja.renderFile(new SourceFile('t.j2', '{% break %}'), scopeOf())).code, 'TEMPLATE_SYNTAX')
  t.equal(
    faultOf(() => jinja.renderFile(new SourceFile('t.j2', '{% for i in [] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}'), scopeOf())).code,
    'TEMPLATE_SYNTAX',
  )
})

t.test('password hashes', async (t) => {
  // As `openssl passwd`, Python's crypt and passlib give them.
  const table: [string, string][] = [
    [
      "'Hello world!' | password_hash('sha512', 'saltstring', rounds=5000)",
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    ],
    [
      "'Hello world!' | password_hash('sha512', 'saltstringsaltst', rounds=10000)",
      '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
    ],
    ["'Hello world!' | password_hash('sha256', 'saltstring', rounds=5000)", '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
    ["'' | password_hash('sha256', 'ab', rounds=5000)", '$5$ab$qRq/oZkUn9lJUSIcgVT3NbpSDsjn.r137TBSoCt2kCA'],
    ["'Hello world!' | password_hash('bcrypt', 'abcdefghijklmnopqrstuv', rounds=5)", '$2b$05$abcdefghijklmnopqrstuu7nFISH/8YdwlXD3lw69A4iBUf6fvWAW'],
    ["'päss' | password_hash('blowfish', 'abcdefghijklmnopqrstuu', rounds=4, ident='2a')", '$2a$04$abcdefghijklmnopqrstuuF7KK/SfP9IRGj0pPJMr8GdtCS8xpmpC'],
    ["'' | password_hash('bcrypt', 'abcdefghijklmnopqrstu.', rounds=4, ident='2y')", '$2y$04$abcdefghijklmnopqrstu.aiRfTPpGm91XijkB5TYc/96lykHIT5m'],
    ["('x' * 80) | password_hash('bcrypt', '......................', rounds=4)", '$2b$04$......................SZFhVdUK5wGKY4lx/QrgUMHG0XsWjbi'],
    [
      "'x' | password_hash('sha512_crypt', 'abc', rounds=1000)",
      '$6$rounds=1000$abc$zaWpAwySRl8PX4W2aEMJwxpN82bCKtDZP0RBdOD6W7BQlilBqAsWnAZuS10iUyJZneS8Ob1gxs1BZkqJi1nTi.',
    ],
    ["'password' | password_hash('md5', 'abcdefgh')", '$1$abcdefgh$G//4keteveJp0qb8z2DxG/'],
  ]
  for (const [text, wanted] of table) t.equal(valueOf(text), wanted, text)
  t.match(valueOf("'x' | password_hash('sha512', rounds=1000)"), /^\$6\$rounds=1000\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/)
  t.equal(faultOf(() => valueOf("'x' | password_hash('zz')")).summary, "password_hash: 'zz' is not supported; use sha512, sha256, md5, apr_md5_crypt or bcrypt")
  t.equal(faultOf(() => valueOf("'x' | password_hash('bcrypt', 'short')")).summary, 'the salt of bcrypt must be 22 characters long')
  t.equal(faultOf(() => valueOf("'x' | password_hash(rounds=10)")).summary, 'fewer than 1000 rounds are refused')
})
