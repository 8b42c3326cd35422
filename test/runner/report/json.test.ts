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

t.test('diffs, where they are asked for', async (t) => {
  const hosts = { a: { files: { '/etc/x': 'a\n' } } }
  const edit = '- lineinfile: {path: /etc/x, line: b, mode: "0600"}'
  t.strictSame((await result(edit, { hosts }))['diff'], [
    { before: '0644\n', after: '0600\n', before_header: '/etc/x mode', after_header: '/etc/x mode' },
    { before: 'a\n', after: 'a\nb\n', before_header: '/etc/x', after_header: '/etc/x' },
  ])
  t.notOk('diff' in (await result(edit, { hosts, options: { diff: false } })))
  t.ok('diff' in (await result(`${edit}\n  diff: true`, { hosts, options: { diff: false } })), 'the keyword asks')
  t.notOk('diff' in (await result(`${edit}\n  diff: false`, { hosts })), 'the keyword declines')
  t.strictSame((await result('- lineinfile: {path: /etc/x, line: secret-value}', { hosts, secrets: ['secret-value'] }))['diff'], [
    { prepared: '/etc/x: 0 lines removed, 1 added; it holds a secret\n' },
  ])
  t.match(await result('- file: {path: /etc/x, state: touch}', { hosts }), { diff: [{ prepared: 'touch /etc/x\n' }] })
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
