import t from 'tap'
import { tasksOf, type CompiledItem, type CompiledPlay } from '../../../runner/plan/compiled.ts'
import { RawDict } from '../../../runner/value/value.ts'
import { compileFirst, loadFiles } from '../load/support.ts'

const named = (name: string): string => `- {name: ${name}, debug: }\n`

function compile(t: { testdir(files: never): string }, files: object): { play: CompiledPlay; faults: string[] } {
  const loaded = loadFiles(t, files)
  const play = compileFirst(loaded)
  return { play, faults: loaded.faults() }
}

/** Names in order, those of roles behind the role's; `|` behind each section that has any. */
function outlineOf({ sections }: CompiledPlay): string {
  return sections.flatMap((section) => (section.length > 0 ? [`${outline(section)} |`] : [])).join(' ')
}

function outline(items: readonly CompiledItem[]): string {
  const text = (item: CompiledItem): string => {
    if (item.kind === 'flush' || item.kind === 'role-end') return ''
    if (item.kind === 'block') return `[${outline([...item.block, ...item.rescue, ...item.always])}]`
    const name = item.task.keywords.get('name')!.raw as string
    return item.role ? `${item.role.role.name}:${name}` : name
  }
  return items
    .map(text)
    .filter((each) => each !== '')
    .join(' ')
}

const role = (name: string, meta = ''): object => ({
  tasks: { 'main.yml': named(name) },
  handlers: { 'main.yml': named(`h${name}`) },
  ...(meta !== '' && { meta: { 'main.yml': meta } }),
})

t.test('pre_tasks, roles, tasks, post_tasks, each followed by its handlers', async (t) => {
  const { play, faults } = compile(t, {
    'p.yml': `- hosts: all\n  post_tasks: [{name: post, debug: }]\n  tasks: [{name: task, debug: }, {block: [{name: b, debug: }], rescue: [{name: r, debug: }]}]\n  pre_tasks: [{name: pre, debug: }]\n  roles: [one]\n  handlers: [{name: h, debug: }, {block: [{name: hb, debug: }]}]\n`,
    roles: { one: role('t1', 'dependencies: [two]'), two: role('t2') },
  })
  t.strictSame(faults, [])
  t.equal(outlineOf(play), 'pre | two:t2 one:t1 task [b r] | post |')
  t.equal(outline(play.handlers.flat()), 'two:ht2 one:ht1 h hb')
  t.ok(play.handlers.flat().every(({ isHandler }) => isHandler))
  const ids = [...tasksOf(play.sections.flat())].map(({ id }) => id)
  t.equal(new Set(ids).size, ids.length)
  t.equal(outlineOf(compile(t, { 'p.yml': '- hosts: all\n  tasks:\n' }).play), '')
})

t.test('the chain of a task: itself, blocks, the role’s entry, the play, what was imported', async (t) => {
  const loaded = loadFiles(t, {
    'p.yml': '- import_playbook: q.yml\n  tags: imported\n',
    'q.yml': '- hosts: all\n  tags: play\n  roles: [{role: one, tags: entry}]\n',
    roles: {
      one: {
        tasks: { 'main.yml': '- block:\n    - {name: x, debug: , tags: task}\n  tags: block\n' },
        meta: { 'main.yml': 'dependencies: [{role: two, tags: dependency}]' },
      },
      two: role('y'),
    },
  })
  const play = compileFirst(loaded)
  t.strictSame(
    [...tasksOf(play.sections.flat())].map(({ chain }) => chain.map((keywords) => keywords.get('tags')?.raw)),
    [
      [undefined, 'dependency', 'entry', 'play', 'imported'],
      ['task', 'block', 'entry', 'play', 'imported'],
    ],
  )
})

t.test('a role that is named again with nothing different is the same use of it', async (t) => {
  for (const [entries, expected] of [
    ['[a, a]', 'a:t'],
    ['[a, {role: a, become: yes}]', 'a:t'],
    ['[a, {role: a, p: 1}, {role: a, p: 1}, {role: a, p: "1"}]', 'a:t a:t a:t'],
    ['[{role: a, p: {x: 1, y: 2}}, {role: a, p: {y: 2, x: 1}}]', 'a:t'],
    ['[{role: a, vars: {v: 1}}, {role: a, vars: {v: 2}}]', 'a:t a:t'],
    ['[a, {role: a, when: x}, {role: a, when: [x]}]', 'a:t a:t'],
    ['[a, {role: a, tags: x}, {role: a, tags: x}]', 'a:t a:t'],
    ['[{role: a, p: "{{ q }}"}, {role: a, p: "{{ q }}"}]', 'a:t'],
    ['[many, many]', 'many:t many:t'],
    ['[d, a]', 'a:t a:t d:t'],
  ] as const) {
    const roles = { a: role('t'), many: role('t', 'allow_duplicates: true'), d: role('t', 'dependencies: [a, {role: a, p: 1}, a]') }
    const { play } = compile(t, { 'p.yml': `- hosts: all\n  roles: ${entries}`, roles })
    const done = new Set<string>()
    const once = play.sections.flat().filter((item) => {
      if (item.kind === 'role-end') done.add(item.use.identity)
      return item.kind !== 'task' || item.role!.repeats || !done.has(item.role!.identity)
    })
    t.equal(outline(once), expected, entries)
  }
})

t.test('roles that depend on themselves, and that do not exist', async (t) => {
  const roles = { a: role('t', 'dependencies: [b, c]'), b: role('t', 'dependencies: [a, c]'), c: role('t', 'dependencies: [{role: a, p: 1}]') }
  const { faults } = compile(t, { 'p.yml': '- hosts: all\n  roles: [a, none]', roles })
  t.ok(faults.length < 10)
  t.ok(faults.includes("INCLUDE_CYCLE roles/b/meta/main.yml:1:16 the role 'a' depends on itself"))
  t.ok(faults.includes("UNKNOWN_ROLE p.yml:2:14 there is no role 'none'"))
})

t.test('import_tasks: a block with the keywords of the import; beside the file, else beside those that imported it', async (t) => {
  const { play, faults } = compile(t, {
    'p.yml': '- hosts: all\n  tasks:\n    - import_tasks: sub/one.yml\n      when: x\n      name: gone\n',
    sub: { 'one.yml': '- import_tasks: two.yml\n- import_tasks: file=two.yml\n- import_tasks: {file: top.yml}\n', 'two.yml': named('two') },
    'top.yml': named('top'),
    'two.yml': named('wrong'),
  })
  t.strictSame(faults, [])
  t.equal(outlineOf(play), '[[two] [two] [top]] |')
  const [first] = [...tasksOf(play.sections.flat())]
  t.strictSame(first!.chain[2]!.get('when')?.raw, 'x')
  t.notOk(first!.chain[2]!.has('name'))
})

t.test('import_role: what it depends on, its own tasks, its handlers, files in place of main', async (t) => {
  const roles = { a: { ...role('t', 'dependencies: [b]'), vars: { 'other.yml': 'v: 1' } }, b: role('u') }
  const files = { 'p.yml': '- hosts: all\n  tasks:\n    - import_role: {name: a, vars_from: other}\n      tags: x\n', roles }
  const { play, faults } = compile(t, files)
  t.strictSame(faults, [])
  t.equal(outlineOf(play), '[b:u a:t] |')
  t.equal(outline(play.handlers.flat()), 'b:hu a:ht')
  t.strictSame(Object.fromEntries(play.roles.at(-1)!.role.vars), { v: 1 })
  t.ok([...tasksOf(play.sections.flat())].every(({ chain }) => chain.some((keywords) => keywords.get('tags')?.raw === 'x')))
})

t.test('what is included in a run has the variables of the include, and the keywords around it', async (t) => {
  const { play } = compile(t, {
    'p.yml': '- hosts: all\n  tasks:\n    - block: [{include_tasks: i.yml, tags: own}]\n      tags: around\n',
    'i.yml': named('in'),
  })
  const [include] = [...tasksOf(play.sections.flat())]
  const given = { vars: new RawDict([['v', 1]]), apply: new Map() }
  const block = play.compiler.includeTasks(include!, { name: 'i.yml', file: play.compiler.includedFile(include!, 'i.yml')! }, given)
  const [task] = [...tasksOf([block])]
  t.strictSame(
    task!.chain.flatMap((keywords) => keywords.get('tags')?.raw ?? []),
    ['around'],
  )
  t.equal(play.compiler.includedFile(include!, 'none.yml'), undefined)
})
