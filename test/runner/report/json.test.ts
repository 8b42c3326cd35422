/** The JSON document, field by field as it is specified. */
import t from 'tap'
import { JsonReporter } from '../../../runner/report/json.ts'
import { Secrets } from '../../../runner/resolve/secrets.ts'
import { play, type Setup } from '../../support/playbook.ts'

const tasks = (text: string, more = ''): string => `- hosts: all\n  gather_facts: false\n${more}  tasks:\n${text.replace(/^/gm, '    ')}\n`

/** The result of the last task on host `a`. */
async function result(text: string, setup: Setup = {}): Promise<Record<string, unknown>> {
  const { document } = await play(tasks(text), setup)
  return document.plays[0]!.tasks.at(-1)!.hosts['a']!
}

t.test('the document', async (t) => {
  const { document } = await play(`${tasks('- name: one\n  debug: {msg: x}\n- debug:', '  name: first\n')}${tasks('- debug:').replace('all', '[a, b]')}`, {
    hosts: { a: {}, b: {} },
  })
  t.strictSame(Object.keys(document), ['plays', 'stats', 'custom_stats', 'global_custom_stats'])
  t.strictSame(
    document.plays.map(({ play }) => play['name']),
    ['first', 'a,b'],
  )
  t.match(document.plays[0]!.play, { id: String, path: /playbook0.yml:1:\d+$/, duration: { start: /^\d{4}-.*Z$/, end: /Z$/ } })
  t.match(document.plays[0]!.tasks[0]!.task, { name: 'one', id: String, path: /playbook0.yml:5:\d+$/, duration: { start: /Z$/, end: /Z$/ } })
  t.strictSame(Object.keys(document.plays[0]!.tasks[0]!.hosts).sort(), ['a', 'b'])
  t.strictSame(document.stats['a'], { ok: 3, changed: 0, unreachable: 0, failures: 0, skipped: 0, rescued: 0, ignored: 0 })
})

t.test('one entry a batch, none of meta', async (t) => {
  const { document } = await play(tasks('- debug:\n- meta: noop', '  serial: 1\n'), { hosts: { a: {}, b: {} } })
  t.strictSame(
    document.plays.map(({ tasks }) => tasks.map(({ hosts }) => Object.keys(hosts))),
    [[['a']], [['b']]],
  )
})

t.test('results', async (t) => {
  const table: [string, string, Record<string, unknown>, string[]][] = [
    ['ok', '- debug: {msg: x}', { action: 'debug', changed: false, msg: 'x' }, ['failed', 'skipped', 'diff']],
    ['the action as written', '- ansible.builtin.debug: {msg: x}', { action: 'ansible.builtin.debug' }, []],
    ['changed', '- command: "true"', { action: 'command', changed: true, rc: 0, stdout: '', stderr: '' }, ['failed']],
    ['failed', '- fail: {msg: gone}', { failed: true, changed: false, msg: 'gone' }, []],
    ['ignored', '- fail: {msg: gone}\n  ignore_errors: true', { failed: true, msg: 'gone' }, []],
    [
      'skipped',
      '- debug:\n  when: 1 == 2',
      { skipped: true, changed: false, skip_reason: 'Conditional result was False', false_condition: '1 == 2' },
      ['failed', 'msg'],
    ],
    ['failed_when', '- command: "true"\n  failed_when: false', { failed_when_result: false, changed: true }, ['failed']],
    ['attempts', '- command: "true"\n  register: r\n  until: r.rc == 0', { attempts: 1 }, []],
    ['assert', '- assert: {that: 1 == 2}', { failed: true, assertion: '1 == 2', evaluated_to: false, msg: 'Assertion failed' }, []],
    ['set_fact', '- set_fact: {x: [1]}', { ansible_facts: { x: [1] } }, []],
    ['a censored one', '- command: "true"\n  no_log: true', { changed: true, action: 'command', censored: /no_log/ }, ['rc', 'stdout', 'cmd']],
    ['a censored failure', '- fail: {msg: hidden}\n  no_log: true', { failed: true, censored: /no_log/ }, ['msg']],
  ]
  for (const [name, text, expected, without] of table) {
    const found = await result(text)
    t.match(found, expected, name)
    for (const key of without) t.notOk(key in found, `${name}: no ${key}`)
  }
})

t.test('loops', async (t) => {
  t.match(await result('- debug: {msg: "{{ x }}"}\n  loop: [p, q]\n  loop_control: {loop_var: x, index_var: i, label: "l {{ x }}"}'), {
    msg: 'All items completed',
    changed: false,
    results: [
      { x: 'p', ansible_loop_var: 'x', ansible_index_var: 'i', i: 0, _ansible_item_label: 'l p', msg: 'p' },
      { x: 'q', i: 1 },
    ],
  })
  t.match(await result('- fail: {msg: "{{ item }}"}\n  loop: [p]'), {
    msg: 'One or more items failed',
    failed: true,
    results: [{ failed: true, msg: 'p', item: 'p' }],
  })
  t.match(await result('- debug:\n  loop: [p]\n  when: false'), { msg: 'All items skipped', skipped: true, results: [{ skipped: true }] })
  t.match(await result('- debug:\n  loop: []'), { skipped: true, results: [], skipped_reason: 'No items in the list' })
})

t.test('diff has the form that the module of Ansible gives it', async (t) => {
  const hosts = {
    a: {
      files: { '/etc/x': 'a\n', '/etc/l': { type: 'link' as const, target: 'x' }, '/etc/d': { type: 'directory' as const } },
      queries: { 'getent passwd games': 'games:x:5:60::/:/bin/sh\n' },
    },
  }
  const diff = async (task: string, more = {}): Promise<unknown> => (await result(`- ${task}`, { hosts, ...more }))['diff']
  const edited = { before_header: '/etc/x (content)', after_header: '/etc/x (content)' }
  const attributes = { before_header: '/etc/x (file attributes)', after_header: '/etc/x (file attributes)' }
  const edit = 'lineinfile: {path: /etc/x, line: b, mode: "0600"}'
  const modes = { before: { mode: '0644' }, after: { mode: '0600' } }
  const off = { options: { diff: false } }
  for (const [task, expected, more] of [
    [
      'file: {path: /etc/n, state: directory, mode: "0700"}',
      { before: { path: '/etc/n', state: 'absent', mode: '0755' }, after: { path: '/etc/n', state: 'directory', mode: '0700' } },
    ],
    ['file: {path: /etc/x, state: touch}', { before: { path: '/etc/x', state: 'file' }, after: { path: '/etc/x', state: 'touch' } }],
    ['file: {path: /etc/x, mode: "0600"}', { before: { path: '/etc/x', mode: '0644' }, after: { path: '/etc/x', mode: '0600' } }],
    ['file: {path: /etc/x, owner: games}', { before: { path: '/etc/x', owner: 0 }, after: { path: '/etc/x', owner: 5 } }],
    ['file: {path: /etc/x, mode: "0644"}', { before: { path: '/etc/x' }, after: { path: '/etc/x' } }],
    ['file: {path: /etc/l, src: d, state: link}', { before: { path: '/etc/l', src: 'x' }, after: { path: '/etc/l', src: 'd' } }],
    ['file: {path: /etc/x, state: absent}', { before: { path: '/etc/x', state: 'file' }, after: { path: '/etc/x', state: 'absent' } }],
    ['file: {path: /etc/nothing, state: absent}', undefined],
    ['copy: {dest: /etc/x, content: b}', [{ before: 'a\n', before_header: '/etc/x', after: 'b', after_header: '/etc/x' }]],
    ['copy: {dest: /etc/y, content: b}', [{ before: '', after: 'b', after_header: '/etc/y' }]],
    ['copy: {dest: /etc/x, content: "a\\n", mode: "0600"}', { before: { path: '/etc/x', mode: '0644' }, after: { path: '/etc/x', mode: '0600' } }],
    ['copy: {dest: /etc/x, content: b, force: false}', undefined],
    [
      edit,
      [
        { ...edited, before: 'a\n', after: 'a\nb\n' },
        { ...attributes, ...modes },
      ],
    ],
    ['lineinfile: {path: /etc/x, line: a}', [{ ...edited, before: 'a\n', after: 'a\n' }, attributes]],
    ['lineinfile: {path: /etc/nothing, line: a, state: absent}', undefined],
    ['replace: {path: /etc/x, regexp: a, replace: b}', { before: 'a\n', after: 'b\n', before_header: '/etc/x', after_header: '/etc/x' }],
    ['replace: {path: /etc/x, regexp: q, replace: b}', undefined],
    // Texts are told where they are asked for.
    ['copy: {dest: /etc/x, content: b}', [], off],
    [
      edit,
      [
        { ...edited, before: '', after: '' },
        { ...attributes, ...modes },
      ],
      off,
    ],
    [
      `${edit}\n  diff: true`,
      [
        { ...edited, before: 'a\n', after: 'a\nb\n' },
        { ...attributes, ...modes },
      ],
      off,
    ],
    [
      `${edit}\n  diff: false`,
      [
        { ...edited, before: '', after: '' },
        { ...attributes, ...modes },
      ],
    ],
    // In a dry run nothing is told of how a new file is made.
    [
      'file: {path: /etc/n, state: directory, mode: "0700"}',
      { before: { path: '/etc/n', state: 'absent' }, after: { path: '/etc/n', state: 'directory' } },
      { options: { check: true } },
    ],
    ['file: {path: /etc/n, state: touch}', undefined, { options: { check: true } }],
    [
      'lineinfile: {path: /etc/x, line: secret-value}',
      [{ prepared: '/etc/x: 0 lines removed, 1 added; it holds a secret\n' }, attributes],
      { secrets: ['secret-value'] },
    ],
  ] as const)
    t.match(await diff(task, more), expected === undefined ? undefined : expected, `${task} ${JSON.stringify(more)}`)
})

t.test('what else differs stands under a name of its own', async (t) => {
  const hosts = { a: { sysctls: { 'net.ipv4.ip_forward': '0' } } }
  const task = '- sysctl: {name: net.ipv4.ip_forward, value: "1", sysctl_set: true, reload: false}'
  const differs = await result(task, { hosts, options: { check: true, diff: true } })
  t.notOk('diff' in differs)
  t.match(differs, { differences: [{}] })
  t.notOk('differences' in (await result(task, { hosts, options: { check: true, diff: false } })))
})

t.test('a dry run tells of files what is there, and registers what would be', async (t) => {
  const hosts = { a: { files: { '/etc/x': 'a\n', '/etc': { type: 'directory' as const } } } }
  const check = { hosts, options: { check: true } }
  t.match(await result('- file: {path: /etc/x, mode: "0600"}', check), { changed: true, path: '/etc/x', mode: '0644' })
  for (const [task, key] of [
    ['file: {path: /etc/n, state: directory}', 'state'],
    ['copy: {dest: /etc/n, content: b}', 'dest'],
  ] as const)
    t.notOk(key in (await result(`- ${task}`, check)), task)
  for (const task of ['file: {path: /etc/x, mode: "0600"}', 'copy: {dest: /etc/x, content: b, mode: "0600"}'])
    t.match(await result(`- ${task}\n  register: r\n- debug: {msg: "{{ r.mode }}"}`, check), { msg: '0600' }, task)
})

t.test('what a dry run cannot know', async (t) => {
  t.match(await result('- name: look\n  command: x\n  changed_when: false\n  register: r\n- debug: {msg: "{{ r.rc }}"}', { options: { check: true } }), {
    skipped: true,
    changed: false,
    unknown: 'TASK [look]',
    skip_reason: 'unknown, because of TASK [look]',
  })
  t.match(
    await result('- name: look\n  command: x\n  changed_when: false\n  register: r\n- debug: {msg: ["{{ r }}", 1]}', { options: { check: true } }),
    { changed: false },
    'an unknown leaf can be written',
  )
})

t.test('a play without hosts is listed', async (t) => {
  t.strictSame((await play('- name: none\n  hosts: nobody\n  tasks: []\n')).document.plays, [{ play: { name: 'none' }, tasks: [] }])
})

t.test('a run that is refused is a document as well', async (t) => {
  const { document, exitCode } = await play(tasks('- debug: {msg: "{{ nope }}"}'))
  t.equal(exitCode, 4)
  t.strictSame(document, { plays: [], stats: {}, custom_stats: {}, global_custom_stats: {} })
})

t.test('a run that is broken off is what there is of it, once', async (t) => {
  let text = ''
  const reporter = new JsonReporter({ write: (more) => void (text += more), writeError: () => undefined, secrets: new Secrets(), showDiffs: true })
  reporter.handle({ kind: 'play-start', name: 'p', id: '1', path: 'x.yml:1:1', hosts: ['a'], at: new Date(0) })
  reporter.handle({ kind: 'task-start', name: 't', action: 'debug', id: '2', start: 1, path: 'x.yml:2:1', isHandler: false, at: new Date(0) })
  reporter.close()
  reporter.close()
  t.match(JSON.parse(text), { plays: [{ play: { name: 'p' }, tasks: [{ task: { name: 't' }, hosts: {} }] }], stats: {} })
})

t.test('a document may be longer than what a template prints', async (t) => {
  const long = '    - debug: {msg: "{{ \'x\' * 4000000 }}"}\n'
  const { json } = await play(`- hosts: all\n  gather_facts: false\n  tasks:\n${long}${long}${long}`)
  t.ok(json.length > 12_000_000)
})
