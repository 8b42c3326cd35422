import t from 'tap'
import { KEYWORDS } from '../../../runner/load/keywords.ts'
import { bareName, type Block, type Task, type TaskItem } from '../../../runner/load/playbook.ts'
import { print } from '../../../runner/value/print.ts'
import { Template } from '../../../runner/value/value.ts'
import { compileFirst, loadFiles } from './support.ts'

/** Tasks by the text of their name, blocks with their sections in brackets. */
function outline(items: readonly TaskItem[]): string {
  const text = (item: Task): string => (item.keywords.get('name')?.raw as string | undefined) ?? item.action.module
  return items
    .map((item) =>
      item.kind === 'import' ? `<${item.what}>` : item.kind === 'task' ? text(item) : `[${[item.block, item.rescue, item.always].map(outline).join('|')}]`,
    )
    .join(' ')
}

const task = (text: string): string => `- hosts: all\n  tasks:\n    - ${text}\n`

t.test('plays, blocks and tasks keep what stands in them', async (t) => {
  const { plays, faults } = loadFiles(t, {
    'p.yml': `
- name: one
  hosts: [a, "{{ b }}"]
  pre_tasks: [{name: pre, debug: {msg: x}}]
  tasks:
    - name: first
      ansible.builtin.copy: {src: '{{ s }}', dest: /d}
      args: {mode: 0644, src: weaker}
    - command: uptime
      when: x
    - block: [{debug: , name: b}]
      rescue: [{debug: , name: r}]
      always: [{block: [{debug: , name: a}]}]
      become: yes
  post_tasks:
  handlers: [{name: h, listen: l, debug: }]
- hosts: b
`,
  })
  t.strictSame(faults(), [])
  const [one, two] = plays
  t.equal(outline(one!.preTasks), 'pre')
  t.equal(outline(one!.tasks), 'first command [b|r|[a||]]')
  t.equal(outline(one!.handlers), 'h')
  t.strictSame([one!.postTasks, two!.tasks], [[], []])
  const [copy, command, block] = one!.tasks as [Task, Task, Block]
  t.match(copy.action, { written: 'ansible.builtin.copy', module: 'copy', text: undefined })
  t.equal((copy.action.args.get('src') as Template).text, '{{ s }}')
  t.strictSame([...copy.action.args.keys()].sort(), ['dest', 'mode', 'src'])
  t.equal(command.action.text?.value, 'uptime')
  t.equal(block.keywords.get('become')?.raw, true)
  t.type((one!.keywords.get('hosts')!.raw as unknown[])[1], Template)
})

const REFUSED: readonly (readonly [playbook: string, ...expected: string[]])[] = [
  ['hosts: all', 'WRONG_TYPE p.yml:1:1 a playbook is a list of plays, and this is a mapping | Begin each play with a dash: "- hosts: all".'],
  ['', 'WRONG_TYPE p.yml:1:1 a playbook is a list of plays, and this is empty | Begin each play with a dash: "- hosts: all".'],
  ['- x', 'WRONG_TYPE p.yml:1:3 a play is a mapping, and this is text'],
  ['- tasks: []', "MISSING_KEYWORD p.yml:1:3 a play needs 'hosts' | Name a group or host of the inventory, or all."],
  ['- hots: all\n  hosts: all', "UNKNOWN_KEYWORD p.yml:1:3 'hots' is not a keyword of a play | Did you mean 'hosts'?"],
  ['- hosts: all\n  when: x', "UNKNOWN_KEYWORD p.yml:2:3 'when' is not a keyword of a play | It may stand in: role, block, task."],
  ['- hosts: all\n  toString: x', "UNKNOWN_KEYWORD p.yml:2:3 'toString' is not a keyword of a play"],
  [
    '- hosts: all\n  module_defaults: "{{ x }}"',
    "WRONG_TYPE p.yml:2:20 'module_defaults' takes a mapping by modules, or a list of such mappings, and this is a template",
  ],
  [
    '- hosts: all\n  module_defaults: [x]',
    "WRONG_TYPE p.yml:2:20 'module_defaults' takes a mapping by modules, or a list of such mappings, and this is a list",
  ],
  [
    '- hosts: all\n  module_defaults: [{copi: {mode: 1}}, {include_vars: {}}, {copy: [x], stat: text, ansible.builtin.debug: , shell: "{{ x }}"}]',
    "UNKNOWN_MODULE p.yml:2:22 'copi' is not a module | Did you mean 'copy'?",
    "UNKNOWN_MODULE p.yml:2:41 'include_vars' is not a module | Did you mean 'include_tasks'?",
    "WRONG_TYPE p.yml:2:67 the defaults of 'copy' are a mapping, and this is a list",
    "WRONG_TYPE p.yml:2:78 the defaults of 'stat' are a mapping, and this is text",
  ],
  [
    '- hosts: all\n  tasks:\n    - debug:\n      module_defaults: {group/oracle.oci.oci: {region: x}}',
    "UNSUPPORTED_VALUE p.yml:4:25 'group/oracle.oci.oci' is not supported: Playline has no action groups | Name the modules one by one.",
  ],
  ['- hosts: {a: 1}', "WRONG_TYPE p.yml:1:10 'hosts' takes a name or a list of names, and this is a mapping"],
  ['- hosts: all\n  gather_facts: maybe', "WRONG_TYPE p.yml:2:17 'gather_facts' takes true or false, and this is text"],
  ['- hosts: all\n  tasks: {a: 1}', "WRONG_TYPE p.yml:2:10 'tasks' takes a list of tasks, and this is a mapping"],
  ['- hosts: all\n  tasks: "{{ x }}"', "WRONG_TYPE p.yml:2:10 'tasks' takes a list of tasks, and this is a template"],
  ['- hosts: all\n  vars: [1]', "WRONG_TYPE p.yml:2:9 'vars' takes a mapping, or a list of mappings, and this is a list"],
  ['- hosts: all\n  vars: "{{ x }}"', "WRONG_TYPE p.yml:2:9 'vars' takes a mapping, or a list of mappings, and this is a template"],
  [
    '- hosts: all\n  vars: {a-b: 1}',
    "WRONG_TYPE p.yml:2:10 'a-b' is not the name of a variable | Such a name has letters, digits and _, does not begin with a digit, and is no word of Python's own.",
  ],
  [
    '- hosts: all\n  vars: {class: 1}',
    "WRONG_TYPE p.yml:2:10 'class' is not the name of a variable | Such a name has letters, digits and _, does not begin with a digit, and is no word of Python's own.",
  ],
  [task('x'), 'WRONG_TYPE p.yml:3:7 a task is a mapping, and this is text'],
  [task('name: x'), 'MISSING_ACTION p.yml:3:7 this task does nothing: no module is named'],
  [task('{copy: , debug: }'), "CONFLICTING_ACTIONS p.yml:3:16 a task has one module, and this has 'copy' and 'debug'"],
  [task('coppy: x'), "UNKNOWN_MODULE p.yml:3:7 'coppy' is neither a keyword of a task nor a module | Did you mean 'copy'?"],
  [task('{debug: , whem: x}'), "UNKNOWN_MODULE p.yml:3:17 'whem' is neither a keyword of a task nor a module | Did you mean 'when'?"],
  [task('{debug: , constructor: x}'), "UNKNOWN_MODULE p.yml:3:17 'constructor' is neither a keyword of a task nor a module"],
  [task('{debug: , hosts: x}'), "UNKNOWN_KEYWORD p.yml:3:17 'hosts' is not a keyword of a task | It may stand in: play."],
  [task('debug: [x]'), "WRONG_TYPE p.yml:3:14 the arguments of 'debug' are a mapping, and this is a list"],
  [task('{debug: , retries: many}'), "WRONG_TYPE p.yml:3:26 'retries' takes a whole number, and this is text"],
  [task('{debug: , delay: [1]}'), "WRONG_TYPE p.yml:3:24 'delay' takes a number, and this is a list"],
  [task('{debug: , tags: {a: 1}}'), "WRONG_TYPE p.yml:3:23 'tags' takes a name or a list of names, and this is a mapping"],
  [task('{debug: , when: [[x]]}'), "WRONG_TYPE p.yml:3:23 'when' takes a condition or a list of conditions, and this is a list"],
  [task('{debug: , args: [x]}'), "WRONG_TYPE p.yml:3:23 'args' takes a mapping, and this is a list"],
  [
    task('{debug: , register: a-b}'),
    "WRONG_TYPE p.yml:3:27 'register' takes the name of a variable, and this is text | Such a name has letters, digits and _, and does not begin with a digit.",
  ],
  [
    task('{debug: , register: "{{ x }}"}'),
    "WRONG_TYPE p.yml:3:27 'register' takes the name of a variable, and this is a template | Such a name has letters, digits and _, and does not begin with a digit.",
  ],
  [task('{block: [], register: x}'), "UNKNOWN_KEYWORD p.yml:3:19 'register' is not a keyword of a block | It may stand in: task."],
  ['- hosts: all\n  roles: x', "WRONG_TYPE p.yml:2:10 'roles' is a list, and this is text"],
  ['- hosts: all\n  roles: [{x: 1}]', "WRONG_TYPE p.yml:2:11 a role is a name, or a mapping with 'role'"],
  ['- import_playbook: none.yml', 'FILE_NOT_FOUND p.yml:1:20 there is no file none.yml'],
  ['- import_playbook: p.yml', 'INCLUDE_CYCLE p.yml:1:20 p.yml imports itself'],
  ['- {import_playbook: e.yml, tag: x}', "UNKNOWN_KEYWORD p.yml:1:28 'tag' is not a keyword of import_playbook | Did you mean 'tags'?"],
  [task('import_tasks: none.yml'), 'FILE_NOT_FOUND p.yml:3:21 there is no file none.yml'],
  [task('import_tasks: self.yml'), 'INCLUDE_CYCLE self.yml:1:3 self.yml imports itself'],
  [
    task('{import_tasks: t.yml, loop: [1]}'),
    "UNSUPPORTED_KEYWORD p.yml:3:29 'import_tasks' cannot be repeated: it is read before the run | Write include_tasks.",
  ],
  [
    task('{include_tasks: t.yml, become: yes}'),
    "UNSUPPORTED_KEYWORD p.yml:3:30 'become' cannot stand beside include_tasks | What is to hold for the included tasks stands under 'apply'.",
  ],
  [task('{debug: , loop: [1], with_items: [1]}'), "CONFLICTING_ACTIONS p.yml:3:28 a task is repeated over one thing | Keep 'loop', or one 'with_'."],
  [task('{action: coppy}'), "UNKNOWN_MODULE p.yml:3:16 'coppy' is neither a keyword of a task nor a module | Did you mean 'copy'?"],
  [task('{action: , debug: }'), "CONFLICTING_ACTIONS p.yml:3:8 a task has one module, and this has 'debug' and 'action'"],
  [task('{local_action: {src: x}}'), "MISSING_ACTION p.yml:3:22 'local_action' names no module | Write the name of the module, then its arguments."],
  [task('import_role: {tasks_from: x}'), "BAD_ARGUMENT p.yml:3:7 'import_role' needs the 'name' of a role"],
  [task('import_role: {name: none}'), "UNKNOWN_ROLE p.yml:3:7 there is no role 'none'"],
  [task('import_tasks: {file: t.yml, x: 1}'), "BAD_ARGUMENT p.yml:3:7 'import_tasks' has no parameter 'x' | It has: file. Variables stand under 'vars'."],
  [task('debug: {}\n      loop: [1]\n      loop_control: {lable: x}'), "UNKNOWN_KEYWORD p.yml:5:22 'loop_control' has no 'lable' | Did you mean 'label'?"],
  [task('debug: {}\n      with_items:'), "MISSING_KEYWORD p.yml:4:7 'with_items' needs a value"],
  [task('block:'), "WRONG_TYPE p.yml:3:7 'block' is a list of tasks, and there is nothing"],
  [task('listen: x\n      debug: {}'), "UNKNOWN_KEYWORD p.yml:3:7 'listen' is a keyword of handlers"],
  ['- hosts: all\n  user: a\n  remote_user: b', "BAD_ARGUMENT p.yml:2:3 'user' and 'remote_user' are one keyword, and both are given"],
  [
    '- hosts: all\n  bad: 1\n  tasks: [{nope: 1}, {debug: , poll: 1}]',
    "UNKNOWN_KEYWORD p.yml:2:3 'bad' is not a keyword of a play",
    "UNKNOWN_MODULE p.yml:3:12 'nope' is neither a keyword of a task nor a module",
  ],
]

t.test('refusals: code, place, words, hint', async (t) => {
  for (const [playbook, ...expected] of REFUSED) {
    const loaded = loadFiles(t, { 'p.yml': playbook, 'e.yml': '- hosts: all', 't.yml': '[]', 'self.yml': '- import_tasks: self.yml' })
    if (loaded.plays.length > 0) compileFirst(loaded)
    t.strictSame(loaded.faults(), expected, playbook)
  }
})

/** A value that each kind takes, and one that it does not. */
const VALUES: Readonly<Record<string, readonly [good: string, bad: string]>> = {
  text: ['x', '[x]'],
  boolean: ['yes', '2'],
  integer: ['"5"', 'x'],
  number: ['1.5', 'x'],
  names: ['[a, b]', '{a: 1}'],
  tags: ['[a, 1]', '5'],
  conditions: ['[a, b]', '{a: 1}'],
  variable: ['_a1', '1a'],
  variables: ['{a: 1}', '{1a: 1}'],
  map: ['{label: 1}', 'x'],
  arguments: ['{msg: x}', 'x'],
  defaults: ['[{copy: {a: 1}}, {debug: }]', 'x'],
  items: ['[]', 'x'],
}

t.test('every keyword is taken or refused as its entry says', async (t) => {
  for (const [name, { kind, places, refused }] of Object.entries(KEYWORDS)) {
    if (kind === 'any' && refused === undefined) continue
    const [good, bad] = VALUES[kind] ?? ['x', 'x']
    const [place] = places
    const at = (value: string): string =>
      place === 'play'
        ? `- {hosts: all, ${name}: ${value}}`
        : place === 'role'
          ? `- {hosts: all, roles: [{role: r, ${name}: ${value}}]}`
          : place === 'block'
            ? `- {hosts: all, tasks: [{block: [], ${name}: ${value}}]}`
            : `- {hosts: all, tasks: [{debug: , ${name}: ${value}}]}`
    const codes = (value: string): string[] =>
      loadFiles(t, { 'p.yml': at(value).replace('block: [], block:', 'block:').replace('hosts: all, hosts:', 'hosts:') })
        .faults()
        .map((line) => line.split(' ')[0]!)
    if (refused !== undefined) t.strictSame(codes(good), ['UNSUPPORTED_KEYWORD'], name)
    else {
      t.strictSame(codes(good), [], `${name}: ${good}`)
      t.ok(codes(bad).includes('WRONG_TYPE'), `${name}: ${bad}`)
    }
  }
})

t.test('import_playbook: nested, from its own folder, with what it gives its plays', async (t) => {
  const { plays, faults } = loadFiles(t, {
    'p.yml': '- hosts: one\n- import_playbook: sub/a.yml\n  vars: {v: outer}\n  tags: x\n',
    sub: { 'a.yml': '- ansible.builtin.import_playbook: b.yml\n  vars: {v: inner}\n- hosts: three\n', 'b.yml': '- hosts: two\n' },
  })
  t.strictSame(faults(), [])
  t.strictSame(
    plays.map((play) => play.keywords.get('hosts')!.raw),
    ['one', 'two', 'three'],
  )
  t.strictSame(
    plays.map((play) => play.imported.map((keywords) => [...keywords.keys()].join('+'))),
    [[], ['vars+tags', 'vars'], ['vars+tags']],
  )
})

t.test('roles as names and as mappings: keywords apart from parameters', async (t) => {
  const { plays, faults } = loadFiles(t, {
    'p.yml':
      '- hosts: all\n  roles:\n    - a\n    - {role: b, tags: x, port: 22, p: "{{ q }}", hosts: param}\n    - {name: c, vars: {v: 1}}\n    - {name: param, role: d}\n',
  })
  t.strictSame(faults(), [])
  t.strictSame(
    plays[0]!.roles.map(({ name, keywords, params }) => [name, [...keywords.keys()].join(), [...params.keys()].map(print).join()]),
    [
      ['a', '', ''],
      ['b', 'tags,port', 'p,hosts'],
      ['c', 'vars', ''],
      ['d', '', ''],
    ],
  )
})

t.test('names with a collection in front', async (t) => {
  for (const [written, bare] of [
    ['ansible.builtin.copy', 'copy'],
    ['ansible.posix.sysctl', 'sysctl'],
    ['oracle.oci.x', 'x'],
    ['my.own.copy', 'my.own.copy'],
    ['copy', 'copy'],
  ] as const)
    t.equal(bareName(written), bare)
})
