/** Random templates, made from a seed: whatever they say, evaluation gives a value or a diagnostic, and never reaches JavaScript. */
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { FILTERS } from '../../../../runner/resolve/jinja/filter/index.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import { TESTS } from '../../../../runner/resolve/jinja/test/index.ts'
import { fromPlain } from '../../../../runner/value/convert.ts'
import { Dict, Float, Undefined, Unknown, UnknownValueError } from '../../../../runner/value/value.ts'
import type { Value } from '../../../../runner/value/value.ts'
import { scopeOf, templateOf } from './helper.ts'

/** A small generator of numbers (mulberry32), so that a failure can be run again. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const ATOMS = [
  ...['n', 'f', 'big', 's', 'l', 'd', 'deep', 'nul', 'yes', 'u', 'nope', 'range', 'dict', 'now()', 'namespace(a=1)', "cycler('a')", "joiner(',')"],
  ...[
    '0',
    '1',
    '-1',
    '2.5',
    '1e300',
    '10**30',
    "''",
    "'a'",
    "'a,b'",
    "'5'",
    "'[1]'",
    "'😀'",
    '[]',
    '[1, 2]',
    '[[1], {}]',
    '{}',
    "{'a': 1}",
    '()',
    '(1,)',
    'none',
    'true',
  ],
  ...[
    "'constructor'",
    "'__proto__'",
    'range(3)',
    "'2024-01-01 00:00:00' | to_datetime",
    "'10.0.0.1/24'",
    '\'{"a": 1}\'',
    "'a: [1'",
    "'(('",
    'self',
    'loop',
    'caller',
    'super',
  ],
]
const OPERATORS = ['+', '-', '*', '/', '//', '%', '**', '~', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or']
const MEMBERS = [
  '.a',
  '.constructor',
  '.__proto__',
  "['a']",
  "['constructor']",
  '[0]',
  '[-1]',
  '[1:]',
  '[::-1]',
  '.upper',
  '.items',
  '.x.y',
  '()',
  '(1)',
  "('a', b=2)",
  '.format(1)',
  '.join([1])',
  '.get("a")',
  '.append(1)',
  '.update({1: 2})',
  '.sort()',
  '.call(1)',
  '(**d)',
  '(*l)',
]
const FILTER_NAMES = [...FILTERS.names()]
const TEST_NAMES = [...TESTS.names()].filter((name) => /^\w+$/.test(name))

class Maker {
  readonly #random: () => number
  constructor(seed: number) {
    this.#random = generator(seed)
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!
  }

  expression(depth: number): string {
    if (depth <= 0) return this.pick(ATOMS)
    const inner = (): string => this.expression(depth - 1)
    const chance = this.#random()
    if (chance < 0.2) return `${inner()} ${this.pick(OPERATORS)} ${inner()}`
    if (chance < 0.5) return `${inner()} | ${this.pick(FILTER_NAMES)}${this.arguments(depth)}`
    if (chance < 0.6) return `${inner()} is ${this.pick(TEST_NAMES)}${this.arguments(depth)}`
    if (chance < 0.8) return `(${inner()})${this.pick(MEMBERS)}`
    if (chance < 0.85) return `${inner()} if ${inner()} else ${inner()}`
    if (chance < 0.88) return `not ${inner()}`
    if (chance < 0.91) return `-${inner()}`
    if (chance < 0.95) return `[${inner()}, ${inner()}]`
    return `{${inner()}: ${inner()}}`
  }

  arguments(depth: number): string {
    const chance = this.#random()
    if (chance < 0.5) return ''
    if (chance < 0.75) return `(${this.expression(depth - 2)})`
    if (chance < 0.85) return `(${this.expression(depth - 2)}, ${this.expression(depth - 2)})`
    return `(${this.pick(['attribute', 'default', 'indent', 'seed', 'x', 'boolean'])}=${this.expression(depth - 2)})`
  }

  template(depth: number): string {
    if (depth <= 0) return this.pick(['text', '\n', '  ', '{{ ', '}}', '{%', '%}', '{#', '#}', "'", '"', '\\'])
    const body = (): string => this.template(depth - 1)
    const value = (): string => this.expression(2)
    const chance = this.#random()
    if (chance < 0.35) return `{{ ${value()} }}`
    if (chance < 0.45) return `{% if ${value()} %}${body()}{% else %}${body()}{% endif %}`
    if (chance < 0.6) return `{% for ${this.pick(['i', 'i, j', '(a, b), c', 'constructor'])} in ${value()} %}${body()}{{ loop.index }}{% endfor %}`
    if (chance < 0.7) return `{% set ${this.pick(['x', 'd', 'x, y', '__proto__', 'ns.x'])} = ${value()} %}${body()}`
    if (chance < 0.78) return `{% macro ${this.pick(['m', 'constructor'])}(a, b=${value()}) %}${body()}{% endmacro %}{{ m(${value()}) }}`
    if (chance < 0.84) return `{% filter ${this.pick(FILTER_NAMES)} %}${body()}{% endfilter %}`
    if (chance < 0.9) return `{% block ${this.pick(['a', 'b', '__proto__'])} %}${body()}{{ super() }}{% endblock %}`
    if (chance < 0.94) return `{% include ${value()} %}`
    return body() + body()
  }
}

/** No value of JavaScript itself may come out: no function, no object that is not one of ours. */
function isOurs(value: Value): boolean {
  if (value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value)) return true
  if (Array.isArray(value)) return value.every(isOurs)
  if (value instanceof Dict) return [...value].every(([key, item]) => isOurs(key) && isOurs(item))
  return typeof value === 'object'
}

const variables = new Dict(fromPlain({ n: 7, f: 1.5, s: 'text', l: [3, 1, 2], d: { a: 1, b: [true] }, deep: { x: { y: [{ z: 1 }] } }, yes: true }) as Dict)
variables.set('big', 2n ** 70n)
variables.set('nul', null)
variables.set('u', new Unknown('TASK [x] has not run'))
const jinja = new Jinja({ now: () => new Date(0), random: () => 0.5, loadTemplate: (name) => (name === 'a' ? new SourceFile('a', '{{ n }}') : undefined) })

/** Runs a piece of work; what it throws must be ours. */
function survives(work: () => Value): string | undefined {
  try {
    const value = work()
    return isOurs(value) ? undefined : 'gave something of JavaScript'
  } catch (error) {
    if (error instanceof DiagnosticError || error instanceof UnknownValueError) return undefined
    return String(error)
  }
}

const before = Object.getOwnPropertyNames(Object.prototype).length + Object.keys(globalThis).length
const rounds = Number(process.env.PLAYLINE_FUZZ_ROUNDS ?? 400)

t.test('expressions', async (t) => {
  const faults: string[] = []
  for (let seed = 1; seed <= rounds; seed++) {
    const text = new Maker(seed).expression(3)
    const fault =
      survives(() => jinja.evaluate({ text }, scopeOf(variables))) ?? survives(() => jinja.templateValue(templateOf(`{{ ${text} }}`), scopeOf(variables)))
    if (fault !== undefined) faults.push(`${seed}: ${text}: ${fault}`)
  }
  t.same(faults, [])
})

t.test('templates', async (t) => {
  const faults: string[] = []
  for (let seed = 1; seed <= rounds; seed++) {
    const text = new Maker(seed + 1_000_000).template(3)
    const fault = survives(() => jinja.renderFile(new SourceFile('t.j2', text), scopeOf(variables)))
    if (fault !== undefined) faults.push(`${seed}: ${text}: ${fault}`)
  }
  t.same(faults, [])
})

t.test('nothing was left behind', async (t) => {
  t.equal(Object.getOwnPropertyNames(Object.prototype).length + Object.keys(globalThis).length, before)
  t.same(variables.get('l'), [3, 1, 2], 'the variables are as they were')
  t.same([...(variables.get('d') as Dict).keys()], ['a', 'b'])
  t.ok(new Undefined('x') instanceof Undefined && new Float(1) instanceof Float)
})
