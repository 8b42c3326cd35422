import t from 'tap'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { isTrue, readArgumentSpecs, type ArgumentSpec } from '../../../runner/load/argument-spec.ts'
import { parseYaml } from '../../../runner/load/yaml.ts'
import { faultsOf } from '../../support/faults.ts'

const read = (text: string): ReadonlyMap<string, ArgumentSpec> | undefined =>
  readArgumentSpecs(parseYaml(new SourceFile('s.yml', text), () => undefined)).get('main')?.options

t.test('the options of main', async (t) => {
  t.strictSame(Object.fromEntries(read('main: {options: {a: {}, b: {type: list, elements: int, required: true, choices: [1, x], no_log: yes}}}')!), {
    a: { type: 'str', required: false, choices: undefined, elements: undefined, noLog: false, options: undefined },
    b: { type: 'list', required: true, choices: [1, 'x'], elements: 'int', noLog: true, options: undefined },
  })
  t.equal(read('main: {options: {a: {type: dict, options: {b: {type: int}}}}}')!.get('a')!.options!.get('b')!.type, 'int')
  t.equal(read('other: {options: {a: {}}}'), undefined)
  t.notOk(isTrue(undefined))
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
})
