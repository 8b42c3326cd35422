/** The report as a person reads it: one text for every kind of outcome and of change. */
import t from 'tap'
import { fail } from '../../../runner/diagnostic/diagnostic.ts'
import type { Port } from '../../../runner/port/port.ts'
import { seconds } from '../../../runner/report/human.ts'
import { play, type Setup } from '../../support/playbook.ts'

const tasks = (text: string, more = ''): string => `- hosts: all\n  gather_facts: false\n${more}  tasks:\n${text.replace(/^/gm, '    ')}\n`

/** The report without times, without the play's head and recap. */
async function report(text: string, setup: Setup & { more?: never; handlers?: string } = {}): Promise<string> {
  const { human } = await play(tasks(text, setup.handlers), setup)
  return human
    .replace(/ {2}\d+\.\d s$/gm, '')
    .replace(/\/[^ ]*playline-test-\w+\/|(?:\.\.\/)+tmp\/playline-test-\w+\//g, '')
    .replace(/^(?:check: .*\n)?\nPLAY .*\n\n/, '')
    .replace(/\nRECAP[^]*$/, '')
}

t.test('outcomes', async (t) => {
  const table: { name: string; tasks: string; setup?: Parameters<typeof report>[1]; expected: string }[] = [
    { name: 'ok', tasks: '- debug: {msg: hello}', expected: 'TASK [debug]\n  ok           a\n    hello\n' },
    { name: 'changed', tasks: '- name: run it\n  command: "true"', expected: 'TASK [run it]\n  changed      a\n' },
    { name: 'skipped', tasks: '- debug:\n  when: 1 == 2', expected: 'TASK [debug]\n  skipped      a: not true: 1 == 2\n' },
    { name: 'failed', tasks: '- fail: {msg: gone}', expected: 'TASK [fail]\n  failed       a: gone\n' },
    {
      name: 'failed, with the words of the program',
      tasks: '- command: fails',
      setup: { hosts: { a: { run: () => ({ exitCode: 3, stdout: 'out', stderr: 'went wrong\n' }) } } },
      expected: 'TASK [command]\n  failed       a: non-zero return code\n    went wrong\n    out\n',
    },
    { name: 'ignored', tasks: '- fail: {msg: gone}\n  ignore_errors: true', expected: 'TASK [fail]\n  ignored      a: gone\n' },
    {
      name: 'failed, with the place in the playbook',
      tasks: '- assert: {that: [1 == 2], fail_msg: one is not two}',
      expected:
        'TASK [assert]\n  failed       a: one is not two\n    error: not true: 1 == 2  [ASSERTION_FAILED]\n      --> playbook0.yml:4:23\n        4 |     - assert: {that: [1 == 2], fail_msg: one is not two}\n          |                       ^^^^^^\n',
    },
    {
      name: 'unknown',
      tasks: '- name: look\n  command: x\n  changed_when: false\n  register: r\n- debug: {msg: "{{ r.rc }}"}',
      setup: { options: { check: true } },
      expected: 'TASK [look]\n  unknown      a: Command would have run if not in check mode\n\nTASK [debug]\n  unknown      a: because of TASK [look]\n',
    },
    {
      name: 'a loop',
      tasks: '- command: "true"\n  loop: [one, two]\n  changed_when: item == "two"',
      expected: 'TASK [command]\n  ok           a (one)\n  changed      a (two)\n',
    },
    {
      name: 'a loop by its labels',
      tasks: '- debug: {msg: "{{ item.n }}"}\n  loop: [{n: 1, long: text}]\n  loop_control: {label: "number {{ item.n }}"}',
      expected: 'TASK [debug]\n  ok           a (number 1)\n    1\n',
    },
    { name: 'an empty loop', tasks: '- debug:\n  loop: []', expected: 'TASK [debug]\n  skipped      a: No items in the list\n' },
    {
      name: 'a loop that fails and is ignored',
      tasks: '- fail: {msg: "{{ item }}"}\n  loop: [x]\n  ignore_errors: true',
      expected: 'TASK [fail]\n  ignored      a (x): x\n',
    },
    {
      name: 'another attempt',
      tasks: '- command: "true"\n  register: r\n  until: r.rc == 1\n  retries: 1\n  delay: 0',
      expected: 'TASK [command]\n  a: not yet (r.rc == 1), 1 attempt left\n  failed       a: gave up after 2 attempts: not true: r.rc == 1\n',
    },
    { name: 'delegated', tasks: '- command: "true"\n  delegate_to: b', expected: 'TASK [command]\n  changed      a → b\n' },
    {
      name: 'no_log',
      tasks: '- command: "true"\n  no_log: true\n- fail: {msg: hidden}\n  no_log: true\n  ignore_errors: true',
      expected: 'TASK [command]\n  changed      a\n\nTASK [fail]\n  ignored      a\n    (no_log: the output is not shown)\n',
    },
    {
      name: 'a handler',
      tasks: '- command: "true"\n  notify: h',
      setup: { handlers: '  handlers:\n    - name: h\n      debug:\n' },
      expected: 'TASK [command]\n  changed      a\n\nHANDLER [h]\n  ok           a\n    Hello world!\n',
    },
    {
      name: 'values of debug',
      tasks: '- debug: {msg: {a: [1, "x"]}}\n- debug: {var: nothing}',
      expected:
        'TASK [debug]\n  ok           a\n    {\n      "a": [\n        1,\n        "x"\n      ]\n    }\n\nTASK [debug]\n  ok           a\n    nothing: VARIABLE IS NOT DEFINED!\n',
    },
  ]
  for (const { name, tasks: text, setup, expected } of table) t.equal(await report(text, setup), expected, name)
})

t.test('changes', async (t) => {
  const host = {
    files: { '/etc/x': 'a\nb\nc\n' },
    units: { 'frr.service': {} },
    queries: (argv: readonly string[]) => (argv[0] === 'systemctl' ? 'Id=frr.service\n' : undefined),
    run: () => 0,
  }
  const edit = '- lineinfile: {path: /etc/x, regexp: ^b, line: B, mode: "0600"}'
  const changed = (word: string, ...lines: string[]): string => `TASK [lineinfile]\n  ${word.padEnd(12)} a\n${lines.map((line) => `    ${line}\n`).join('')}`
  const patch = ['--- /etc/x', '+++ /etc/x', '@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c']
  const hosts = { a: host }
  t.equal(await report(edit, { hosts }), changed('changed', '~ /etc/x mode: 0644 → 0600', ...patch))
  t.equal(await report(edit, { hosts, options: { check: true } }), changed('would change', '~ /etc/x mode: 0644 → 0600', ...patch))
  t.equal(await report(edit, { hosts, showDiffs: false }), changed('changed', '~ /etc/x mode: 0644 → 0600', '~ /etc/x: its content differs'))
  t.equal(await report(`${edit}\n  diff: false`, { hosts }), changed('changed', '~ /etc/x mode: 0644 → 0600', '~ /etc/x: its content differs'))
  t.equal(await report(edit, { hosts, secrets: ['secret-value'], showDiffs: true }), changed('changed', '~ /etc/x mode: 0644 → 0600', ...patch))
  t.equal(
    await report('- lineinfile: {path: /etc/x, regexp: ^b, line: secret-value}', { hosts, secrets: ['secret-value'] }),
    changed('changed', '~ /etc/x: 1 line removed, 1 added; it holds a secret'),
  )
  t.match(await report('- file: {path: /etc/x, state: touch}', { hosts }), /! touch \/etc\/x/)
})

t.test('an unreachable host, and the recap', async (t) => {
  const unreachable = (): Port => ({
    read: () => fail('UNREACHABLE', 'b: no answer', { hint: 'Is it up?' }),
    run: () => fail('UNREACHABLE', 'b: no answer', { hint: 'Is it up?' }),
    put: () => fail('UNREACHABLE', 'x'),
    close: () => Promise.resolve(),
  })
  const { human } = await play(tasks('- name: t\n  command: "true"\n- fail: {msg: x}\n  ignore_errors: true\n- debug:\n  when: false'), {
    hosts: { a: {}, b: {} },
    port: (port, { hostName }) => (hostName === 'b' ? unreachable() : port),
  })
  t.match(human, '  unreachable  b: b: no answer')
  t.match(human, '    hint: Is it up?')
  t.match(
    human,
    /RECAP {2}\d\.\d s\n {2}a : ok=2 changed=1 unreachable=0 failed=0 skipped=1 rescued=0 ignored=1\n {2}b : ok=0 changed=0 unreachable=1 failed=0 skipped=0 rescued=0 ignored=0\n$/,
  )
})

t.test('a play without hosts', async (t) => {
  const { human, errors } = await play('- name: none\n  hosts: nobody\n  tasks: []\n')
  t.match(human, '\nPLAY [none]\nskipped: no hosts matched\n')
  t.match(errors, /warning: no host or group is called 'nobody' {2}\[UNKNOWN_HOST_PATTERN\]/)
})

t.test('with -v what a task returns', async (t) => {
  t.match(await report('- command: "true"', { options: { verbosity: 1 } }), /"rc": 0/)
})

t.test('long texts are cut', async (t) => {
  t.match(
    await report(`- debug: {msg: "{{ range(500) | join('\\n') }}"}`.replace('\\n', '\\\\n').replace("'\\\\n'", 'sep') + '\n  vars: {sep: "\\n"}'),
    /… 100 more lines/,
  )
})

t.test('times', async (t) => {
  for (const [milliseconds, expected] of [
    [0, '0.0 s'],
    [340, '0.3 s'],
    [9_999, '10.0 s'],
    [12_400, '12 s'],
    [125_000, '2 min 5 s'],
  ] as const)
    t.equal(seconds(milliseconds), expected)
})

t.test('control characters of a host do not reach the terminal', async (t) => {
  const text = await report('- command: noisy\n  register: r\n- debug: {msg: "{{ r.stdout }}"}', { hosts: { a: { run: () => 'a\x1b[2Jb\x07c\x1b[31md\re' } } })
  t.match(text, 'a^[[2Jb^Gc\x1b[31md^Me')
})
