/** Random templates of the whole grammar, made from a seed: what they say is mostly nonsense, and never an attack by intent alone. */
import { FILTERS } from '../../runner/resolve/jinja/filter/index.ts'
import { TESTS } from '../../runner/resolve/jinja/test/index.ts'

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

export class TemplateMaker {
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
