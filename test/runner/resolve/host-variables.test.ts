/** Which value a host sees, compared level by level with what ansible-playbook 2.14 printed for the same files. */
import t from 'tap'
import path from 'node:path'
import { readInventory } from '../../../runner/load/inventory/sources.ts'
import { Reader } from '../../../runner/load/reader.ts'
import { tasksOf, type CompiledPlay, type CompiledTask } from '../../../runner/plan/compiled.ts'
import { variablesFor, type Situation } from '../../../runner/resolve/host-variables.ts'
import { VariableFiles } from '../../../runner/resolve/variable-files.ts'
import type { Variables } from '../../../runner/resolve/variables.ts'
import { RawDict, type Raw, type Value } from '../../../runner/value/value.ts'
import { compileFirst, loadFiles } from '../load/support.ts'

/** From the weakest to the strongest. */
const WHERE = [
  'role defaults',
  'inventory group',
  'inventory group_vars/all',
  'playbook group_vars/all',
  'inventory group_vars/g',
  'playbook group_vars/g',
  'inventory host',
  'inventory host_vars',
  'playbook host_vars',
  'facts',
  'play vars',
  'import vars',
  'vars_prompt',
  'vars_files',
  'role entry vars',
  'role vars',
  'block vars',
  'task vars',
  'include_vars',
  'set_fact',
  'role params',
  'extra vars',
  'loop',
  'magic',
] as const
type Where = (typeof WHERE)[number]

/** Names of variables that stand in two places: `v3_7` in the third and the seventh. */
const variablesOf = (where: Where): string[] => {
  const at = WHERE.indexOf(where)
  return WHERE.flatMap((_, other) => (other === at ? [] : [`v${Math.min(at, other)}_${Math.max(at, other)}`]))
}
const yaml = (where: Where): string =>
  `{${variablesOf(where)
    .map((name) => `${name}: ${where}`)
    .join(', ')}}`
const map = (where: Where): ReadonlyMap<Value, Raw> => new Map(variablesOf(where).map((name) => [name, where]))
const dict = (where: Where): RawDict => new RawDict(map(where))

t.test('every level beats those below it', async (t) => {
  const loaded = loadFiles(t, {
    'p.yml': `- import_playbook: q.yml\n  vars: ${yaml('import vars')}\n`,
    'q.yml': `- hosts: h\n  vars: ${yaml('play vars')}\n  roles:\n    - {role: r, vars: ${yaml('role entry vars')}, ${yaml('role params').slice(1)}\n`,
    roles: {
      r: {
        defaults: { 'main.yml': yaml('role defaults') },
        vars: { 'main.yml': yaml('role vars') },
        tasks: { 'main.yml': `- block: [{debug: , vars: ${yaml('task vars')}}]\n  vars: ${yaml('block vars')}\n` },
      },
    },
    group_vars: { 'all.yml': yaml('playbook group_vars/all'), g: { 'x.yml': yaml('playbook group_vars/g') } },
    host_vars: { 'h.yml': yaml('playbook host_vars') },
    inv: {
      'hosts.yml': `g: {vars: ${yaml('inventory group')}, hosts: {h: ${yaml('inventory host')}}}`,
      group_vars: { 'all.yml': yaml('inventory group_vars/all'), 'g.yml': yaml('inventory group_vars/g') },
      host_vars: { 'h.yaml': yaml('inventory host_vars') },
    },
  })
  const reader = new Reader(() => undefined, loaded.folder)
  const play = compileFirst(loaded)
  t.strictSame(loaded.faults(), [])
  const [task] = [...tasksOf(play.sections.flat())]
  const situation = {
    hostName: 'h',
    play,
    playVarsFiles: [dict('vars_files')],
    prompted: dict('vars_prompt'),
    included: dict('include_vars'),
    task,
    facts: map('set_fact'),
    gathered: map('facts'),
    foreseen: new Map(),
    local: map('loop'),
    magic: map('magic'),
  } as Situation
  const variables = variablesFor(situation, {
    inventory: readInventory([path.join(loaded.folder, 'inv')], reader),
    files: new VariableFiles(reader),
    extraVars: dict('extra vars'),
  })
  WHERE.forEach((stronger, high) => {
    // In Ansible set_fact and loops do not stand in one order with the rest; here a loop's variable is the stronger one.
    WHERE.slice(0, high).forEach((weaker, low) => t.equal(variables.get(`v${low}_${high}`), stronger, `${stronger} over ${weaker}`))
  })
})

function roles(t: { testdir(files: never): string }, files: object): { play: CompiledPlay; at: (task: CompiledTask | undefined) => Variables } {
  const loaded = loadFiles(t, files)
  const play = compileFirst(loaded)
  const reader = new Reader(() => undefined, loaded.folder)
  const none = new Map<Value, Raw>()
  const at = (task: CompiledTask | undefined): Variables =>
    variablesFor(
      {
        hostName: 'h',
        play,
        playVarsFiles: [],
        prompted: new RawDict(),
        included: new RawDict(),
        task,
        facts: none,
        gathered: none,
        foreseen: new Map(),
        local: none,
        magic: none,
      },
      { inventory: readInventory(['h,'], reader), files: new VariableFiles(reader), extraVars: new RawDict() },
    )
  return { play, at }
}

const role = (name: string, meta = '[]'): object => ({
  defaults: { 'main.yml': `shared: ${name}\nonly_${name}: 1` },
  vars: { 'main.yml': `fixed: ${name}` },
  tasks: { 'main.yml': `- {name: ${name}, debug: }` },
  meta: { 'main.yml': `dependencies: ${meta}` },
})

t.test('the whole play sees the defaults and vars of all roles; a role sees its own', async (t) => {
  const { play, at } = roles(t, {
    'p.yml': '- hosts: h\n  pre_tasks: [{name: pre, debug: }]\n  roles: [{role: a, p: 1, vars: {e: 2}}, b]\n',
    roles: { a: role('a'), b: role('b') },
  })
  const seen = Object.fromEntries(
    [...tasksOf(play.sections.flat())].map((task) => [
      task.task.keywords.get('name')!.raw as string,
      ['shared', 'fixed', 'only_a', 'only_b', 'p', 'e'].map((name) => at(task).get(name)),
    ]),
  )
  t.strictSame(seen, { pre: ['b', 'b', 1, 1, undefined, 2], a: ['a', 'a', 1, 1, 1, 2], b: ['b', 'b', 1, 1, undefined, 2] })
})

t.test('a dependency sees what its role was given, and its own is stronger', async (t) => {
  const { play, at } = roles(t, {
    'p.yml': '- hosts: h\n  roles: [{role: a, p: entry, q: entry}]\n',
    roles: { a: role('a', '[{role: b, p: dependency}]'), b: role('b') },
  })
  const [b, a] = [...tasksOf(play.sections.flat())]
  t.strictSame(
    ['p', 'q', 'shared'].map((name) => at(b).get(name)),
    ['dependency', 'entry', 'b'],
  )
  t.strictSame(
    ['p', 'q', 'shared'].map((name) => at(a).get(name)),
    ['entry', 'entry', 'a'],
  )
})
