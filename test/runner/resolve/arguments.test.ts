import t from 'tap'
import { z } from 'zod'
import { Content } from '../../../runner/contract/content.ts'
import { UnknownStateError, type Module } from '../../../runner/contract/kinds.ts'
import { content, ControllerSource, fileSource } from '../../../runner/contract/parameter.ts'
import type { Task } from '../../../runner/load/playbook.ts'
import {
  bindArguments,
  controllerParameters,
  parameterNames,
  parseParameters,
  placeholderSource,
  unknownArguments,
  type BoundArguments,
  type Taker,
} from '../../../runner/resolve/arguments.ts'
import { Dict, Float, Template, Tuple, Undefined, Unknown, UnknownValueError, type Raw, type Value } from '../../../runner/value/value.ts'
import { faultLine, faultsOf } from '../../support/faults.ts'
import { loadFiles } from '../load/support.ts'

const module = {
  kind: 'state',
  params: () =>
    z
      .object({
        dest: z.string(),
        mode: z.string().optional(),
        list: z.array(z.object({ name: z.string() }).strict()).optional(),
        src: fileSource().optional(),
      })
      .strict(),
} as unknown as Module

function bind(text: string, taker: Taker = {}): BoundArguments {
  const { plays, faults } = loadFiles(t, { 'p.yml': `- hosts: all\n  tasks:\n    - ${text}\n` })
  t.strictSame(faults(), [])
  return bindArguments((plays[0]!.tasks[0] as Task).action, taker)
}

const shown = (bound: BoundArguments): Record<string, Raw> =>
  Object.fromEntries([...bound.args].map(([name, { raw }]) => [name, raw instanceof Template ? `t:${raw.text}` : raw]))

t.test('arguments from a mapping, a line, `args`, free form, under their own names', async (t) => {
  const aliases = { dest: ['path', 'name'] }
  for (const [text, taker, expected] of [
    ['copy: {path: /d, mode: 5}', { aliases }, { dest: '/d', mode: 5 }],
    ['copy: name=/d mode={{ m }}', { aliases }, { dest: '/d', mode: 't:{{ m }}' }],
    ['copy: mode=1\n      args: {mode: 2, dest: /d}', { aliases }, { mode: '1', dest: '/d' }],
    ['command: ls -l creates=/x', { freeForm: 'cmd' }, { cmd: 'ls -l', creates: '/x' }],
    ['command: {cmd: ls, chdir: /}', { freeForm: 'cmd' }, { cmd: 'ls', chdir: '/' }],
    ['shell: echo {{ x }} a=b', { freeForm: 'cmd' }, { cmd: 't:echo {{ x }} a=b' }],
    ['copy:', {}, {}],
  ] as const)
    t.strictSame(shown(bind(text, taker)), expected, text)
  t.strictSame(
    faultsOf(() => bind('copy: just words')),
    ["BAD_ARGUMENT p.yml:3:13 'copy' takes arguments by name, and this is text | Write the arguments as a mapping below the module, or as name=value."],
  )
})

t.test('parameters that a module does not have', async (t) => {
  t.strictSame(unknownArguments(bind('copy: {dets: /d, banana: 1}'), module).map(faultLine), [
    "BAD_ARGUMENT p.yml:3:14 'copy' has no parameter 'dets' | Did you mean 'dest'?",
    "BAD_ARGUMENT p.yml:3:24 'copy' has no parameter 'banana' | It has: dest, mode, list, src.",
  ])
  t.strictSame(unknownArguments(bind('copy: {dest: /d}'), module), [])
  t.strictSame(parameterNames(module), ['dest', 'mode', 'list', 'src'])
  t.equal(parameterNames({ params: () => z.string() } as unknown as Module), undefined)
  t.strictSame([...controllerParameters(module)], [['src', { kind: 'file', unless: undefined, unlessDefault: false }]])
})

t.test('values against the schema, each fault at its place', async (t) => {
  const parse = (text: string, values: Readonly<Record<string, Value | ControllerSource>>): unknown =>
    parseParameters(bind(text), new Map(Object.entries(values)), module).params
  const item = (fields: Readonly<Record<string, Value>>): Dict => Dict.of(fields)
  t.strictSame(parse('copy: {dest: /d, list: [{name: x}]}', { dest: '/d', list: [item({ name: 'x' })] }), { dest: '/d', list: [{ name: 'x' }] })
  t.strictSame(parse('copy: {dest: /d, list: [{name: x}]}', { dest: '/d', list: new Tuple([item({ name: 'x' })]) }), { dest: '/d', list: [{ name: 'x' }] })
  t.type((parse('copy: {dest: /d, src: f}', { dest: '/d', src: placeholderSource('f') }) as { src: unknown }).src, ControllerSource)
  for (const [text, values, ...expected] of [
    ['copy: {mode: x}', { mode: 'x' }, "BAD_ARGUMENT p.yml:3:7 'copy' needs 'dest'"],
    ['copy: {dest: 5}', { dest: 5 }, "BAD_ARGUMENT p.yml:3:20 'dest' of 'copy': it has to be text, and is a number"],
    [
      'copy: {dest: /d, list: [{name: x}, {name: 1}]}',
      { dest: '/d', list: [item({ name: 'x' }), item({ name: 1 })] },
      "BAD_ARGUMENT p.yml:3:49 'list.1.name' of 'copy': it has to be text, and is a number",
    ],
    [
      'copy: {dest: /d, list: [{nam: x, name: y}]}',
      { dest: '/d', list: [item({ nam: 'x', name: 'y' })] },
      "BAD_ARGUMENT p.yml:3:32 'copy' has no parameter 'list.0.nam'",
    ],
    [
      'copy: {dest: 1, mode: 2}',
      { dest: 1, mode: new Float(2) },
      "BAD_ARGUMENT p.yml:3:20 'dest' of 'copy': it has to be text, and is a number",
      "BAD_ARGUMENT p.yml:3:29 'mode' of 'copy': it has to be text, and is a number",
    ],
    ['copy: dest=x mode=y', { dest: 1, mode: 'y' }, "BAD_ARGUMENT p.yml:3:13 'dest' of 'copy': it has to be text, and is a number"],
    ['copy: {dest: /d}', { dest: new Undefined('x') }, "UNDEFINED_VARIABLE - 'x' is undefined"],
  ] as const)
    t.strictSame(
      faultsOf(() => parse(text, values as Record<string, Value>)),
      expected,
      text,
    )
  t.strictSame(
    faultsOf(() => parse('copy: {dest: /d}', { dest: '/d', ['__proto__']: 'x' })),
    ["BAD_ARGUMENT p.yml:3:7 'copy' has no parameter '__proto__' | It has: dest, mode, list, src."],
  )
})

t.test('what is unknown is there, and throws where it is touched', async (t) => {
  const because = (cause: string): Unknown => new Unknown(cause)
  const textModule = {
    kind: 'state',
    params: () =>
      z
        .object({ text: content(String).optional(), mode: z.string().optional() })
        .strict()
        .refine(() => false, 'no'),
  }
  const parse = (values: Readonly<Record<string, Value | ControllerSource>>, of: unknown = module) =>
    parseParameters(bind('copy: {dest: /d, mode: x}'), new Map(Object.entries(values)), of as Module)
  const { params, unknown, unknownContent } = parse({ dest: because('A'), mode: 'x', list: [Dict.of({ name: because('B') })] })
  t.equal((params as { mode: unknown }).mode, 'x')
  t.throws(() => (params as { dest: unknown }).dest, new UnknownStateError('A'))
  t.throws(() => (params as { list: unknown }).list, new UnknownStateError('B'))
  t.strictSame(Object.keys(params as object).sort(), ['dest', 'list', 'mode'])
  t.strictSame([unknown?.cause, unknownContent], ['A', undefined])
  t.strictSame(
    faultsOf(() => parse({ dest: because('A'), mode: 1 })),
    ["BAD_ARGUMENT p.yml:3:30 'mode' of 'copy': it has to be text, and is a number"],
    'what is known is checked',
  )

  const source = parse({ dest: '/d', src: new ControllerSource('f', Content.unknown('C')) })
  t.strictSame([source.unknown, source.unknownContent?.cause], [undefined, 'C'])
  t.strictSame(
    faultsOf(() => parse({ text: because('D') }, textModule)),
    ["BAD_ARGUMENT p.yml:3:7 'copy': no"],
    'a content that is unknown is one all the same, and what has to hold between parameters is checked',
  )
  const both = parse({ text: because('D'), mode: because('E') }, textModule)
  t.equal((both.params as { text: Content }).text.unknownBecause, 'D')
  t.strictSame([both.unknown?.cause, both.unknownContent?.cause], ['E', 'D'])
  t.throws(() => parse({ dest: because('A') }, { kind: 'state', params: () => z.unknown() }), UnknownValueError)
})
