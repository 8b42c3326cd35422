import t from 'tap'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../runner/resolve/jinja/index.ts'
import { Evaluator, LEVELS, Variables, type Level } from '../../../runner/resolve/variables.ts'
import { LazyDict } from '../../../runner/value/lazy-dict.ts'
import { print } from '../../../runner/value/print.ts'
import { Dict, hasTemplateMarkers, RawDict, Template, type Raw, type Value } from '../../../runner/value/value.ts'
import { faultsOf } from '../../support/faults.ts'

const template = (text: string): Template => new Template(text, { file: new SourceFile('f.yml', text), start: 0, end: text.length })

function evaluator(values: Readonly<Record<string, Raw>>): Evaluator {
  const variables = new Variables()
  variables.add(
    'play vars',
    new Map(Object.entries(values).map(([name, raw]) => [name, typeof raw === 'string' && hasTemplateMarkers(raw) ? template(raw) : raw])),
  )
  return new Evaluator(new Jinja(), variables)
}

t.test('a level beats those before it, whatever the order in which they come; within a level the last does', async (t) => {
  for (const order of [LEVELS, [...LEVELS].reverse()]) {
    const variables = new Variables()
    for (const level of order) variables.add(level, new Map<Value, Raw>(LEVELS.slice(0, LEVELS.indexOf(level) + 1).map((each: Level) => [each, level])))
    for (const level of LEVELS) t.equal(variables.get(level), 'magic', level)
  }
  const variables = new Variables()
  variables.add('role vars', new Map([['a', 1]]))
  variables.add('role vars', new Map([['a', 2]]))
  variables.add(
    'role defaults',
    new Map<Value, Raw>([
      ['a', 3],
      ['b', null],
    ]),
  )
  t.equal(variables.get('a'), 2)
  t.equal(variables.get('b'), null)
  t.equal(variables.get('c'), undefined)
  t.strictSame([...variables.names()].sort(), ['a', 'b'])
})

t.test('templates are evaluated at any depth, text never is', async (t) => {
  const scope = evaluator({ a: '{{ b }} and {{ c[0] }}', b: 1, c: ['{{ b }}x'].map(template), d: new RawDict([['k', template('{{ c }}')]]) })
  t.equal(scope.get('a'), '1 and 1x')
  t.equal(print(scope.get('d')!), "{'k': ['1x']}")
  t.equal(scope.get('none'), undefined)
  const variables = new Variables()
  variables.add('facts', new Map([['host', '{{ secret }}'], ['list', ['{% if %}'] as unknown as Raw] as never]))
  const data = new Evaluator(new Jinja(), variables)
  t.equal(data.get('host'), '{{ secret }}')
  t.equal(data.value(template('{{ host }}')), '{{ secret }}')
  t.equal(data.value(template('say {{ host }}')), 'say {{ secret }}')
  t.strictSame(data.get('list'), ['{% if %}'])
})

t.test('a value is made once', async (t) => {
  const scope = evaluator({ a: '{{ [1, 2] }}' })
  t.equal(scope.get('a'), scope.get('a'))
})

t.test('variables made of themselves, and chains without end', async (t) => {
  t.strictSame(
    faultsOf(() => evaluator({ a: '{{ b }}', b: 'x{{ c }}', c: '{{ a }}' }).get('a')),
    ["RECURSIVE_TEMPLATE f.yml:1:1 the variable 'a' is made of itself: a → b → c → a"],
  )
  t.strictSame(
    faultsOf(() => evaluator({ a: '{{ a }}' }).get('a')),
    ["RECURSIVE_TEMPLATE f.yml:1:1 the variable 'a' is made of itself: a → a"],
  )
  const chain = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`v${index}`, `{{ v${index + 1} }}`]))
  t.match(faultsOf(() => evaluator(chain).get('v0'))[0], /^LIMIT_EXCEEDED .*templates refer to each other more than 100 levels deep/)
  const scope = evaluator({ a: '{{ b }}', b: '{{ c }}', c: 1 })
  t.equal(scope.get('b'), 1, 'a template that only names a number is that number')
  t.equal(scope.get('a'), '1', 'one that names another template is text, as Ansible 2.14 has it')
})

t.test('a name that cannot be evaluated stays as it is', async (t) => {
  t.equal(evaluator({}).valueIfDefined(template('{{ gone }}')), undefined)
  t.equal(evaluator({ a: 1 }).valueIfDefined(template('{{ a }}!')), '1!')
  t.equal(evaluator({ a: 1 }).expression(template('a + 1 == 2')), true)
})

t.test('a lazy mapping makes only what is asked for, and is a mapping all the same', async (t) => {
  const made: string[] = []
  const lazy = new LazyDict(
    () => ['a', 'b'],
    (key) => {
      if (key !== 'a' && key !== 'b') return undefined
      made.push(key)
      return Dict.of({ name: key })
    },
  )
  t.ok(lazy.has('a') && !lazy.has('c') && !lazy.has(5))
  t.strictSame([...lazy.keys()], ['a', 'b'])
  t.equal(lazy.size, 2)
  t.strictSame(made, [])
  t.equal(print(lazy.get('b')!), "{'name': 'b'}")
  t.equal(lazy.get('c'), undefined)
  t.strictSame(made, ['b'])
  t.equal([...lazy].length, 2)
  t.equal([...lazy.values()].length, 2)
  const seen: Value[] = []
  lazy.forEach((_, key) => void seen.push(key))
  t.strictSame(seen, ['a', 'b'])
  t.equal(
    new Evaluator(
      new Jinja(),
      ((): Variables => {
        const variables = new Variables()
        variables.add('magic', new Map([['hostvars', lazy]]))
        return variables
      })(),
    ).value(template("{{ hostvars['a'].name }}")),
    'a',
  )
})
