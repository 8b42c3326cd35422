import t from 'tap'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { isTrue, readArgumentSpecs, type ArgumentSpec } from '../../../runner/load/argument-spec.ts'
import { parseYaml } from '../../../runner/load/yaml.ts'
import { faultsOf } from '../../support/faults.ts'

const read = (text: string): ReadonlyMap<string, ArgumentSpec> | undefined =>
  readArgumentSpecs(parseYaml(new SourceFile('s.yml', text), () => undefined)).get('main')?.options

const NO_RULES = { mutuallyExclusive: [], requiredTogether: [], requiredOneOf: [], requiredIf: [], requiredBy: [] }
const PLAIN = { default: undefined, aliases: [], options: undefined, rules: NO_RULES }

t.test('the options of main', async (t) => {
  t.strictSame(Object.fromEntries(read('main: {options: {a: {}, b: {type: list, elements: int, required: true, choices: [1, x], no_log: yes}}}')!), {
    a: { ...PLAIN, type: 'str', required: false, choices: undefined, elements: undefined, noLog: false },
    b: { ...PLAIN, type: 'list', required: true, choices: [1, 'x'], elements: 'int', noLog: true },
  })
  t.match(read('main: {options: {a: {default: 5, aliases: [b, c]}, d: {default: "{{ x }}"}}}')!.get('a'), { default: 5, aliases: ['b', 'c'] })
  t.equal(read('main: {options: {a: {type: dict, options: {b: {type: int}}}}}')!.get('a')!.options!.get('b')!.type, 'int')
  t.equal(read('other: {options: {a: {}}}'), undefined)
  t.notOk(isTrue(undefined))
})

t.test('what is said of options together', async (t) => {
  const rules = (text: string): unknown => read(`main: {options: {a: {type: dict, ${text}}}}`)!.get('a')!.rules
  t.strictSame(rules('mutually_exclusive: [b, c], required_together: [[b, c], [d, e]]'), {
    ...NO_RULES,
    mutuallyExclusive: [['b', 'c']],
    requiredTogether: [
      ['b', 'c'],
      ['d', 'e'],
    ],
  })
  t.strictSame(rules('required_if: [[b, 1, [c]], [b, 2, [c, d], true]], required_by: {b: c, d: [e, f]}, required_one_of: [[b]]'), {
    ...NO_RULES,
    requiredOneOf: [['b']],
    requiredIf: [
      { name: 'b', value: 1, names: ['c'], oneIsEnough: false },
      { name: 'b', value: 2, names: ['c', 'd'], oneIsEnough: true },
    ],
    requiredBy: [
      { name: 'b', names: ['c'] },
      { name: 'd', names: ['e', 'f'] },
    ],
  })
})

t.test('faults have a place', async (t) => {
  t.strictSame(
    faultsOf(() => read('main: {options: {a: {type: strr}}}')),
    ["WRONG_TYPE s.yml:1:28 'strr' is not a type of argument"],
  )
  t.strictSame(
    faultsOf(() => read('main: {options: {a: 5}}')),
    ["WRONG_TYPE s.yml:1:21 the argument 'a' has to be a mapping"],
  )
  t.strictSame(
    faultsOf(() => read('main: {options: {a: {type: dict, required_if: [b]}}}')),
    ["WRONG_TYPE s.yml:1:48 an entry of 'required_if' is [NAME, VALUE, [NAME, …]]"],
  )
})
