/** What the comparison with Ansible (test/e2e) cannot see: connections, limits, refusals, interruptions. */
import t from 'tap'
import { fail } from '../../../runner/diagnostic/diagnostic.ts'
import type { Port } from '../../../runner/port/port.ts'
import { faultLine } from '../../support/faults.ts'
import { play } from '../../support/playbook.ts'

const tasks = (text: string, more = ''): string => `- hosts: all\n  gather_facts: false\n${more}  tasks:\n${text.replace(/^/gm, '    ')}\n`

t.test('connections', async (t) => {
  const table: { name: string; playbook: string; inventory?: string; opened: string[] }[] = [
    { name: 'one for all tasks', playbook: tasks('- command: "true"\n- command: "true"'), opened: ['a ssh a'] },
    {
      name: 'a task that asks for another',
      playbook: tasks('- command: "true"\n- command: "true"\n  connection: local\n- command: "true"\n  remote_user: frr\n- command: "true"'),
      opened: ['a ssh a', 'a local a', 'a ssh frr@a'],
    },
    {
      name: 'the play says how, facts included',
      playbook: tasks('- debug: {msg: "{{ ansible_hostname }}"}\n- command: "true"', '  connection: local\n').replace('  gather_facts: false\n', ''),
      opened: ['a local a'],
    },
    {
      name: 'a host that a task is delegated to is not this machine',
      playbook: tasks('- command: "true"\n  delegate_to: 192.0.2.1\n- command: "true"\n  delegate_to: localhost'),
      opened: ['192.0.2.1 ssh 192.0.2.1', 'localhost local localhost'],
    },
    {
      name: 'with the variables of that host',
      playbook: tasks('- command: "true"\n  delegate_to: b\n  run_once: true'),
      inventory: 'a\nb ansible_host=192.0.2.2 ansible_user=admin\n',
      opened: ['b ssh admin@192.0.2.2'],
    },
    { name: 'opened again after a reset', playbook: tasks('- command: "true"\n- meta: reset_connection\n- command: "true"'), opened: ['a ssh a', 'a ssh a'] },
  ]
  for (const { name, playbook, inventory, opened } of table) {
    const played = await play(playbook, { ...(inventory !== undefined && { inventory }) })
    t.strictSame(
      played.opened.map(({ hostName, connection, user, address }) => `${hostName} ${connection} ${user === undefined ? '' : `${user}@`}${address}`),
      opened,
      name,
    )
  }
})

t.test('every connection is closed', async (t) => {
  const { ports } = await play(tasks('- command: "true"'), { hosts: { a: {}, b: {} } })
  t.strictSame(
    Object.values(ports).map((port) => port.closed),
    [true, true],
  )
})

t.test('a connection that is lost', async (t) => {
  const lost = (port: Port): Port => ({
    ...port,
    read: (...args) => port.read(...args),
    put: (...args) => port.put(...args),
    close: () => port.close(),
    run: () => fail('CONNECTION_LOST', 'a: the connection was lost'),
  })
  const { story, exitCode, stats, human } = await play(tasks('- name: one\n  command: "true"\n- name: two\n  debug:'), {
    hosts: { a: {}, b: {} },
    port: (port, { hostName }) => (hostName === 'a' ? lost(port) : port),
  })
  t.strictSame(story, ['one a: unreachable', 'one b: changed', 'two b: ok'])
  t.equal(exitCode, 4)
  t.match(stats.get('a'), { unreachable: 1, failures: 0 })
  t.match(human, /unreachable {2}a: a: the connection was lost/)
})

t.test('an interruption lets what is under way end, and starts nothing new', async (t) => {
  const { story, exitCode, document, stats } = await play(
    tasks('- name: one\n  command: "true"\n  notify: h\n- name: two\n  command: "true"', '  handlers:\n    - name: h\n      debug:\n'),
    {
      hosts: { a: {}, b: {} },
      interrupted: (events) => events.some((event) => event.kind === 'host-result'),
    },
  )
  t.strictSame(story, ['one a: changed', 'one b: changed'])
  t.not(exitCode, 0)
  t.strictSame(
    document.plays.map(({ tasks }) => tasks.length),
    [1],
  )
  t.match(document.stats, { a: { ok: 1 }, b: { ok: 1 } })
  t.equal(stats.size, 2)
})

t.test('limits', async (t) => {
  const long = await play(tasks('- name: many\n  debug:\n  loop: "{{ range(0, 100001) | list }}"'))
  t.match(long.diagnostics.at(-1) ?? long.of('many').failure?.diagnostic, { code: 'LIMIT_EXCEEDED' })
  const pause = await play(tasks('- name: long\n  pause: {seconds: 86401}\n  ignore_errors: true'))
  t.match(pause.of('long').failure?.diagnostic, { code: 'LIMIT_EXCEEDED' })
})

t.test('as many hosts at once as forks allow', async (t) => {
  for (const [forks, most] of [
    [1, 1],
    [2, 2],
    [50, 4],
  ] as const) {
    let now = 0
    let seen = 0
    const counting = (port: Port): Port => ({
      read: (...args) => port.read(...args),
      put: (...args) => port.put(...args),
      close: () => port.close(),
      run: async (...args) => {
        seen = Math.max(seen, ++now)
        const reply = await port.run(...args)
        now--
        return reply
      },
    })
    await play(tasks('- command: "true"'), { hosts: { a: {}, b: {}, c: {}, d: {} }, options: { forks }, port: counting })
    t.equal(seen, most, `${forks} forks`)
  }
})

t.test('what refuses a run before the first connection, and what does not', async (t) => {
  const table: { name: string; playbook: string; refused: string | undefined; exitCode: number }[] = [
    { name: 'an undefined variable', playbook: tasks('- command: "{{ nope }}"'), refused: 'UNDEFINED_VARIABLE', exitCode: 4 },
    { name: 'under a condition', playbook: tasks('- command: "{{ nope }}"\n  when: 1 == 2'), refused: undefined, exitCode: 0 },
    { name: 'tolerated', playbook: tasks('- command: "{{ nope }}"\n  ignore_errors: true'), refused: undefined, exitCode: 0 },
    { name: 'rescued', playbook: tasks('- block:\n    - command: "{{ nope }}"\n  rescue:\n    - debug:'), refused: undefined, exitCode: 0 },
    { name: 'in an always', playbook: tasks('- block:\n    - debug:\n  always:\n    - command: "{{ nope }}"'), refused: 'UNDEFINED_VARIABLE', exitCode: 4 },
    { name: 'a bad argument', playbook: tasks('- file: {path: /x, state: folder}'), refused: 'BAD_ARGUMENT', exitCode: 4 },
    { name: 'an argument that does not exist', playbook: tasks('- file: {path: /x, stat: file}'), refused: 'BAD_ARGUMENT', exitCode: 4 },
    { name: 'the same under a condition', playbook: tasks('- file: {path: /x, stat: file}\n  when: false'), refused: undefined, exitCode: 0 },
    { name: 'a handler that nobody has', playbook: tasks('- command: "true"\n  notify: nobody'), refused: 'UNKNOWN_HANDLER', exitCode: 1 },
    {
      name: 'what is registered later on another host',
      playbook: tasks('- command: "true"\n  register: r\n- debug: {msg: "{{ hostvars[\'a\'].r.rc }}"}'),
      refused: undefined,
      exitCode: 0,
    },
    {
      name: 'a fact that is set for the play after',
      playbook: `${tasks('- set_fact: {f: 1}')}${tasks('- debug: {msg: "{{ f }}"}')}`,
      refused: undefined,
      exitCode: 0,
    },
    { name: 'a template with a fault', playbook: tasks('- debug: {msg: "{{ 1 + }}"}'), refused: 'TEMPLATE_SYNTAX', exitCode: 4 },
    { name: 'a meta that does not exist', playbook: tasks('- meta: end_playbook'), refused: 'UNSUPPORTED_VALUE', exitCode: 4 },
  ]
  for (const { name, playbook, refused, exitCode } of table) {
    const played = await play(playbook)
    t.equal(played.diagnostics.find(({ severity }) => severity === 'error')?.code, refused, name)
    t.equal(played.exitCode, exitCode, `${name}: exit code`)
    if (refused !== undefined) t.strictSame(played.opened, [], `${name}: no connection was opened`)
  }
})

t.test('all faults are told together', async (t) => {
  const { diagnostics } = await play(tasks('- command: "{{ nope }}"\n- file: {path: /x, state: folder}\n- debug: {msg: "{{ other }}"}'))
  t.strictSame(
    diagnostics.map(({ code }) => code),
    ['UNDEFINED_VARIABLE', 'BAD_ARGUMENT', 'UNDEFINED_VARIABLE'],
  )
})

t.test('the name of a play sees its variables', async (t) => {
  const { document } = await play(tasks('- debug:', '  name: "play {{ x }}"\n  vars: {x: 1}\n'))
  t.equal(document.plays[0]?.play['name'], 'play 1')
})

t.test('playbooks after one that failed do not run', async (t) => {
  const second = tasks('- name: second\n  debug:')
  t.strictSame((await play(tasks('- name: first\n  debug:'), { more: [second] })).story, ['first a: ok', 'second a: ok'])
  t.strictSame((await play(tasks('- name: first\n  fail:'), { more: [second] })).story, ['first a: failed'])
})

t.test('defaults of modules', async (t) => {
  const faults = async (defaults: string, task = 'command: ls', options = {}): Promise<string[]> =>
    (await play(tasks(`- name: it\n  ${task}`, `  module_defaults: ${defaults}\n`), { options })).diagnostics.map(faultLine)
  t.match(await faults('{command: {chdri: /x}}'), [/^BAD_ARGUMENT \S*playbook0.yml:3:31 'command' has no parameter 'chdri' \| Did you mean 'chdir'\?$/])
  t.strictSame(await faults('{shell: {chdri: /x}}'), [], 'of a module that is not used')
  t.match(await faults('{command: {chdir: [5]}}'), [/^BAD_ARGUMENT \S*:3:38 'chdir' of 'command'/])
  t.match(await faults('{command: {chdir: "{{ missing }}"}}'), [/^UNDEFINED_VARIABLE \S*:3:42 'missing' is undefined/])
  t.match(await faults('{command: {chdir: "{{ x"}}'), [/^TEMPLATE_SYNTAX \S*:3:\d+ /])
  t.match(await faults('{command: "{{ [1] }}"}'), [/^WRONG_TYPE \S*:3:30 the defaults of 'command' are a mapping, and this gives \[1\]/])
  t.match(await faults(`{command: "{{ {'chdri': '/x'} }}"}`), [/^BAD_ARGUMENT \S*:3:30 'command' has no parameter 'chdri'/])
  t.match(await faults('{debug: {mgs: x}}', 'debug:'), [/^BAD_ARGUMENT \S*:3:29 'debug' has no parameter 'mgs'/])
  t.match(await faults(`{debug: "{{ {'mgs': 'x'} }}"}`, 'debug:'), [/^BAD_ARGUMENT \S*:3:28 'debug' has no parameter 'mgs'/])
  t.strictSame(await faults('{command: }'), [])

  const dry = await play(
    tasks(
      '- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: text\n  copy: {dest: /etc/x}\n- name: whole\n  lineinfile: {path: /etc/y}\n- name: after\n  lineinfile: {path: /etc/y, line: b}',
      `  module_defaults: {copy: {content: "{{ r.stdout }}", mode: "0600"}}\n`,
    ).replace('path: /etc/y}\n', 'path: /etc/y}\n      module_defaults: {lineinfile: "{{ r.stdout }}"}\n'),
    { options: { check: true }, hosts: { a: { files: { '/etc/y': '' } } } },
  )
  t.strictSame(
    dry.story,
    ['look a: unknown (TASK [look])', 'text a: changed', 'whole a: unknown (TASK [look])', 'after a: unknown (TASK [look])'],
    'what is unknown in them is unknown of the task',
  )
  t.equal(
    (await play(tasks('- ansible.posix.firewalld: {service: x, state: enabled}', '  module_defaults: {firewalld: {zone: home}}\n'))).diagnostics.length,
    0,
  )
})

t.test('no_log that depends on the item of a loop', async (t) => {
  const loop = tasks(`- debug: {msg: "{{ item.name }} {{ item.password | default('') }}"}
  loop: [{name: bobby, password: sesame-open}, {name: alice}]
  no_log: "{{ item.password is defined }}"
- debug: {msg: "sesame-open later"}`)
  const { human, json } = await play(loop, { options: { verbosity: 2 } })
  t.notMatch(human + json, /sesame-open/)
  t.match(human, /alice/, 'the other item is told')
  t.notMatch(human, /bobby/)
  t.match(json, /"censored"/)
})

t.test('names of keys, and plain words, are no secrets', async (t) => {
  const words = tasks(
    `- debug: {msg: "{{ item.key }}"}
  loop: "{{ dd | dict2items }}"
- debug: {msg: {value: 1, state: present}}
- debug: {msg: x}
  loop: [{name: bob, state: present, password: sesame-open}]
  no_log: true
- debug: {msg: sesame-open}`,
    '  vars: {dd: {k: sesame-shut}}\n',
  )
  const { json } = await play(words, { secrets: ['sesame-shut'] })
  t.match(json, /"value": 1/)
  t.match(json, /"state": "present"/)
  t.notMatch(json, /sesame/)
})
