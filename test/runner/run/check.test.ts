/** Promise 1: what a check shows is what a run does, or it says that it cannot know, and because of which task. */
import t from 'tap'
import type { MemoryHost } from '../../../runner/port/memory/memory-port.ts'
import { changesOf, play, statusOf, type Setup } from '../../support/playbook.ts'

const check = { check: true }
const tasks = (text: string, more = ''): string => `- hosts: all\n  gather_facts: false\n${more}  tasks:\n${text.replace(/^/gm, '    ')}\n`

/** A module without state, for steps that only happen. */
const LIBRARY = {
  /** Writes a value under a name into /state/NAME; `brings` are resources that a change may create. */
  'library/thing.mjs': `
    export default ({ state, z, file, put, Content }) => state({
      summary: 'Keeps a text.',
      params: () => z.object({ name: z.string(), value: z.string(), brings: z.array(z.string()).default([]), settled: z.boolean().default(false) }).strict(),
      examples: [],
      probe: (p) => ({ file: file('/state/' + p.name) }),
      plan: (before, p) => ({ after: { file: { type: 'file', mode: '0644', owner: 'root', group: 'root', content: Content.of(p.value) } } }),
      affects: ({ params }) => params.brings.map((resource) => ({ resource, onlyIfAbsent: true })),
      *apply({ params: p }) { yield put('/state/' + p.name, Content.of(p.value), { mode: '0644', owner: 'root', group: 'root' }) },
      result: ({ params: p }) => ({ value: p.value }),
    })`,
  /** Makes /etc/b what /etc/a is. */
  'library/follow.mjs': `
    export default ({ state, z, file, put }) => state({
      summary: 'Copies a file.',
      params: () => z.object({}).strict(),
      examples: [],
      probe: () => ({ a: file('/etc/a'), b: file('/etc/b'), folder: file('/etc', 'none') }),
      plan: (before) => ({ after: { b: before.a } }),
      *apply({ after }) { yield put('/etc/b', after.b.content, { mode: '0644' }) },
    })`,
  /** Puts a template at /etc/x, without a look at how it is rendered. */
  'library/rendered.mjs': `
    export default ({ state, z, file, param }) => state({
      summary: 'Renders a template.',
      params: () => z.object({ src: param.templateSource(), trim_blocks: param.bool().optional(), comment_start_string: z.string().optional() }).strict(),
      examples: [],
      probe: () => ({ file: file('/etc/x') }),
      plan: (before, p) => ({ after: { file: { type: 'file', mode: '0644', owner: 'root', group: 'root', content: p.src.content } } }),
    })`,
  /** What a daemon says of itself. */
  'library/daemon.mjs': `
    export default ({ read, z, query }) => read({
      summary: 'Asks the daemon.',
      params: () => z.object({}).strict(),
      examples: [],
      probe: () => ({ peers: query('live:bgp', ['vtysh', '-c', 'show bgp summary json'], (reply) => reply.stdout.trim()) }),
      result: ({ state }) => ({ peers: state.peers }),
    })`,
  /** Promises what only applying can tell. */
  'library/made.mjs': `
    export default ({ state, z, query, run, KNOWN_AFTER_APPLY }) => state({
      summary: 'Makes something with a number.',
      params: () => z.object({ name: z.string() }).strict(),
      examples: [],
      probe: (p) => ({ id: query('query:id:' + p.name, ['cat', '/ids/' + p.name], (reply) => reply.exitCode === 0 ? reply.stdout.trim() : null, { okExitCodes: [0, 1] }) }),
      plan: (before) => ({ after: { id: before.id ?? KNOWN_AFTER_APPLY } }),
      *apply({ params: p }) { yield run(['make', p.name]) },
      result: ({ after }) => ({ id: after.id }),
    })`,
}
const make: MemoryHost = {
  files: { '/ids/none': '' },
  run: ({ argv }, host) => {
    if (argv[0] !== 'make') return undefined
    host.place(`/ids/${argv[1]}`, '4711\n')
    return 0
  },
}

/** Plays a check and a run on equal hosts, and a check after the run. */
async function both(t: Tap, playbook: string, setup: Setup = {}): Promise<void> {
  const checked = await play(playbook, { ...setup, options: check })
  const ran = await play(playbook, setup)
  t.strictSame(
    Object.values(checked.ports).flatMap((port) => [...port.runs, ...port.puts]),
    [],
    'a check neither runs nor puts',
  )
  for (const { task, host, outcome } of checked.results) {
    if (outcome.unknown !== undefined) continue
    const real = ran.of(task, host)
    t.strictSame(
      changesOf(outcome).filter((line) => !/\((?:unknown|known after apply)\)/.test(line)),
      changesOf(real).filter((line) => !line.includes('(known after apply)')),
      `${task} on ${host}: the check's diff is the run's`,
    )
    t.equal(outcome.changed, real.changed, `${task} on ${host}: changed`)
  }
  t.equal(ran.exitCode, 0, 'the run succeeds')
}
type Tap = Pick<typeof t, 'equal' | 'strictSame'>

t.test('a check shows what a run does', async (t) => {
  const table: { name: string; playbook: string; setup?: Setup }[] = [
    {
      name: 'a chain of edits of one file',
      playbook: tasks(
        `- name: one\n  lineinfile: {path: /etc/x, line: one}\n- name: two\n  lineinfile: {path: /etc/x, line: two}\n- name: gone\n  lineinfile: {path: /etc/x, regexp: ^one, state: absent}\n- name: block\n  blockinfile: {path: /etc/x, block: in a block}`,
      ),
      setup: { hosts: { a: { files: { '/etc/x': 'zero\n' } } } },
    },
    {
      name: 'copy, then an edit, then its mode',
      playbook: tasks(
        `- name: copy\n  copy: {content: "a=1\\n", dest: /etc/new, mode: "0644"}\n- name: edit\n  lineinfile: {path: /etc/new, regexp: ^a=, line: a=2}\n- name: mode\n  file: {path: /etc/new, mode: "0600"}\n- name: same again\n  copy: {content: "a=2\\n", dest: /etc/new, mode: "0600"}`,
      ),
      setup: { hosts: { a: { files: { '/etc/passwd': '' } } } },
    },
    {
      name: 'a folder and a template in it, in a loop',
      playbook: tasks(
        `- name: folder\n  file: {path: /etc/d, state: directory, mode: "0755"}\n- name: files\n  template: {src: x.j2, dest: "/etc/d/{{ item }}", mode: "0644"}\n  loop: [p, q]\n- name: one more line\n  lineinfile: {path: /etc/d/p, line: more}`,
      ),
      setup: { files: { 'x.j2': 'for {{ item }}\n' }, hosts: { a: { files: { '/etc/passwd': '' } } } },
    },
    {
      name: 'handlers and blocks',
      playbook: tasks(
        `- name: change\n  copy: {content: x, dest: /etc/x, mode: "0644"}\n  notify: handler\n- block:\n    - name: fails\n      fail: {msg: x}\n  rescue:\n    - name: rescue\n      copy: {content: y, dest: /etc/y, mode: "0644"}`,
        `  handlers:\n    - name: handler\n      lineinfile: {path: /etc/x, line: handled}\n`,
      ),
      setup: { hosts: { a: { files: { '/etc/passwd': '' } } } },
    },
    {
      name: 'sysctl',
      playbook: tasks(
        `- name: set\n  sysctl: {name: net.ipv4.ip_forward, value: 1, sysctl_set: true}\n- name: set again\n  sysctl: {name: net.ipv4.ip_forward, value: 1, sysctl_set: true}`,
      ),
      setup: {
        hosts: {
          a: {
            files: { '/etc/sysctl.conf': '' },
            sysctls: { 'net.ipv4.ip_forward': '0' },
            run: ({ argv }, host) => (argv[0] === 'sysctl' ? (host.sysctls.set('net.ipv4.ip_forward', '1'), 0) : undefined),
          },
        },
      },
    },
    {
      name: 'delegation and run_once',
      playbook: tasks(
        `- name: at b\n  copy: {content: "{{ inventory_hostname }}\\n", dest: "/etc/{{ inventory_hostname }}", mode: "0644"}\n  delegate_to: b\n- name: once\n  lineinfile: {path: /etc/a, line: once}\n  delegate_to: b\n  run_once: true\n- name: own\n  copy: {content: x, dest: /etc/b, mode: "0644"}\n  when: inventory_hostname == 'b'`,
      ),
      setup: { hosts: { a: { files: { '/etc/passwd': '' } }, b: { files: { '/etc/passwd': '' } } } },
    },
    { name: 'what only applying can tell', playbook: tasks(`- name: made\n  made: {name: new}`), setup: { files: LIBRARY, hosts: { a: make } } },
  ]
  for (const { name, playbook, setup } of table) await t.test(name, (t) => both(t, playbook, setup))
})

t.test('what becomes unknown', async (t) => {
  const command = `- name: build\n  command: make all\n`
  const table: { name: string; tasks: string; more?: string; hosts?: Record<string, MemoryHost>; story: string[] }[] = [
    {
      name: 'after a command',
      tasks: `${command}- name: edit\n  lineinfile: {path: /etc/x, line: x}`,
      story: ['build a: unknown (TASK [build])', 'edit a: unknown (TASK [build])'],
    },
    {
      name: 'a file whose whole content is given',
      tasks: `${command}- name: copy\n  copy: {content: x, dest: /etc/x, mode: "0644", owner: root, group: root}`,
      story: ['build a: unknown (TASK [build])', 'copy a: unknown (TASK [build])'],
    },
    {
      name: 'not after a command that changes nothing',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n- name: edit\n  lineinfile: {path: /etc/x, line: x}`,
      story: ['look a: unknown (TASK [look])', 'edit a: changed'],
    },
    {
      name: 'not on another host',
      tasks: `- name: build\n  command: make\n  when: inventory_hostname == 'a'\n- name: edit\n  lineinfile: {path: /etc/x, line: x}`,
      hosts: { a: { files: { '/etc/x': '' } }, b: { files: { '/etc/x': '' } } },
      story: ['build a: unknown (TASK [build])', 'build b: skipped', 'edit a: unknown (TASK [build])', 'edit b: changed'],
    },
    {
      name: 'on the host that a command was delegated to',
      tasks: `- name: build\n  command: make\n  delegate_to: b\n  run_once: true\n- name: edit\n  lineinfile: {path: /etc/x, line: x}`,
      hosts: { a: { files: { '/etc/x': '' } }, b: { files: { '/etc/x': '' } } },
      story: ['build a: unknown (TASK [build])', 'edit a: changed', 'edit b: unknown (TASK [build])'],
    },
    {
      name: 'when',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: sometimes\n  debug: {msg: x}\n  when: r.stdout == ''`,
      story: ['look a: unknown (TASK [look])', 'sometimes a: unknown (TASK [look])'],
    },
    {
      name: 'a false condition decides, wherever it stands',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: never\n  debug: {msg: x}\n  when: ["r.stdout == ''", "1 == 2"]`,
      story: ['look a: unknown (TASK [look])', 'never a: skipped'],
    },
    {
      name: 'what a task changes that may not run',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: sometimes\n  lineinfile: {path: /etc/x, line: a}\n  when: r.stdout == ''\n- name: same file\n  lineinfile: {path: /etc/x, line: b}\n- name: other file\n  lineinfile: {path: /etc/y, line: b}`,
      story: ['look a: unknown (TASK [look])', 'sometimes a: unknown (TASK [look])', 'same file a: unknown (TASK [look])', 'other file a: changed'],
    },
    {
      name: 'not by a task that would do nothing if it ran',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: sometimes\n  lineinfile: {path: /etc/x, line: zero}\n  when: r.stdout == ''\n- name: same file\n  lineinfile: {path: /etc/x, line: b}`,
      hosts: { a: { files: { '/etc/x': 'zero\n' } } },
      story: ['look a: unknown (TASK [look])', 'sometimes a: unknown (TASK [look])', 'same file a: changed'],
    },
    {
      name: 'loop',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: each\n  lineinfile: {path: /etc/x, line: "{{ item }}"}\n  loop: "{{ r.stdout_lines }}"\n- name: edit\n  lineinfile: {path: /etc/x, line: b}`,
      story: ['look a: unknown (TASK [look])', 'each a: unknown (TASK [look])', 'edit a: unknown (TASK [look])'],
    },
    {
      name: 'until',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n  until: r.rc == 0`,
      story: ['look a: unknown (TASK [look])'],
    },
    {
      name: 'a parameter',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: edit\n  lineinfile: {path: /etc/x, line: "{{ r.stdout }}"}\n- name: edit again\n  lineinfile: {path: /etc/x, line: b}`,
      story: ['look a: unknown (TASK [look])', 'edit a: unknown (TASK [look])', 'edit again a: unknown (TASK [look])'],
    },
    {
      name: 'a template',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: render\n  template: {src: r.j2, dest: /etc/x, mode: "0644"}`,
      story: ['look a: unknown (TASK [look])', 'render a: unknown (TASK [look])'],
    },
    {
      name: 'set_fact and register carry it on',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: fact\n  set_fact: {f: "{{ r.stdout }}"}\n- name: fact as text\n  set_fact: g={{ r.stdout }}\n- name: use\n  debug: {msg: "{{ f }}"}\n- name: use text\n  debug: {msg: "{{ g }}"}\n- name: of another host\n  debug: {msg: "{{ hostvars['a'].f }}"}`,
      story: [
        'look a: unknown (TASK [look])',
        'fact a: unknown (TASK [look])',
        'fact as text a: unknown (TASK [look])',
        'use a: unknown (TASK [look])',
        'use text a: unknown (TASK [look])',
        'of another host a: unknown (TASK [look])',
      ],
    },
    {
      name: 'one item of a loop',
      tasks: `- name: look\n  command: "{{ item }}"\n  changed_when: false\n  loop: [ls, uptime]\n  when: item == 'ls' or item == 'uptime'\n  register: r\n- name: mixed\n  command: {cmd: x, creates: "{{ item }}"}\n  loop: [/etc/x, /etc/missing]\n  register: m\n- name: known item\n  debug: {msg: "{{ m.results[0].rc }}"}\n- name: unknown item\n  debug: {msg: "{{ m.results[1].rc }}"}\n- name: changed\n  debug: {msg: x}\n  when: m is changed`,
      hosts: { a: { files: { '/etc/x': '' } } },
      story: ['look a: unknown (TASK [look])', 'mixed a: changed', 'known item a: ok', 'unknown item a: unknown (TASK [mixed])', 'changed a: ok'],
    },
    {
      name: 'failed_when leaves what would change known',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: edit\n  lineinfile: {path: /etc/x, line: b}\n  failed_when: r.rc != 0\n- name: edit again\n  lineinfile: {path: /etc/x, line: b}`,
      story: ['look a: unknown (TASK [look])', 'edit a: unknown (TASK [look])', 'edit again a: ok'],
    },
    {
      name: 'delegate_to',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n  when: inventory_hostname == 'a'\n- name: edit\n  lineinfile: {path: /etc/x, line: b}\n  delegate_to: "{{ r.stdout }}"\n  when: inventory_hostname == 'a'\n- name: then\n  lineinfile: {path: /etc/x, line: c}`,
      hosts: { a: { files: { '/etc/x': '' } }, b: { files: { '/etc/x': '' } } },
      story: [
        'look a: unknown (TASK [look])',
        'look b: skipped',
        'edit a: unknown (TASK [look])',
        'edit b: skipped',
        'then a: unknown (TASK [look])',
        'then b: unknown (TASK [look])',
      ],
    },
    {
      name: 'a handler that may or may not be notified',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: sometimes\n  lineinfile: {path: /etc/x, line: a}\n  when: r.stdout == ''\n  notify: handler\n- meta: flush_handlers\n- name: of the handler\n  lineinfile: {path: /etc/y, line: z}\n- name: other\n  lineinfile: {path: /etc/z, line: z}`,
      more: `  handlers:\n    - name: handler\n      lineinfile: {path: /etc/y, line: h}\n`,
      hosts: { a: { files: { '/etc/x': '', '/etc/y': '', '/etc/z': '' } } },
      story: [
        'look a: unknown (TASK [look])',
        'sometimes a: unknown (TASK [look])',
        'handler a: unknown (TASK [look])',
        'of the handler a: unknown (TASK [look])',
        'other a: changed',
      ],
    },
    {
      name: 'a handler that is notified for sure as well',
      tasks: `- name: look\n  command: uptime\n  changed_when: false\n  register: r\n- name: sometimes\n  lineinfile: {path: /etc/x, line: a}\n  when: r.stdout == ''\n  notify: handler\n- name: always\n  lineinfile: {path: /etc/y, line: a}\n  notify: handler`,
      more: `  handlers:\n    - name: handler\n      debug: {msg: h}\n`,
      story: ['look a: unknown (TASK [look])', 'sometimes a: unknown (TASK [look])', 'always a: changed', 'handler a: ok'],
    },
    {
      name: 'live: after any change on any host',
      tasks: `- name: before\n  daemon:\n- name: change\n  lineinfile: {path: /etc/x, line: a}\n  when: inventory_hostname == 'b'\n- name: after\n  daemon:`,
      hosts: {
        a: { files: { '/etc/x': '' }, queries: { 'vtysh -c show bgp summary json': '{}' } },
        b: { files: { '/etc/x': '' }, queries: { 'vtysh -c show bgp summary json': '{}' } },
      },
      story: ['before a: ok', 'before b: ok', 'change a: skipped', 'change b: changed', 'after a: unknown (TASK [change])', 'after b: unknown (TASK [change])'],
    },
    {
      name: 'what a package brings, and not what is there',
      tasks: `- name: install\n  thing: {name: frr, value: x, brings: ["file:/*", "unit:*"]}\n- name: there\n  lineinfile: {path: /etc/x, line: a}\n- name: not there\n  lineinfile: {path: /etc/frr/daemons, line: a}\n- name: again\n  thing: {name: other, value: x, brings: ["file:/opt/*"]}\n- name: there twice\n  lineinfile: {path: /etc/x, line: b}`,
      hosts: { a: { files: { '/etc/x': '', '/etc/frr/x': '' } } },
      story: ['install a: changed', 'there a: changed', 'not there a: unknown (TASK [install])', 'again a: unknown (TASK [install])', 'there twice a: changed'],
    },
    {
      name: 'a program that a package may bring',
      tasks: `- name: install\n  thing: {name: frr, value: x, brings: ["file:/*"]}\n- name: path\n  command: {cmd: x, creates: "/srv/*"}`,
      hosts: { a: {} },
      story: ['install a: changed', 'path a: unknown (TASK [install])'],
    },
    {
      name: 'what a task deals with that cannot be planned',
      tasks: `- name: install\n  thing: {name: frr, value: x, brings: ["file:/etc/a"]}\n- name: follow\n  follow:\n  vars: {}\n- name: follower\n  lineinfile: {path: /etc/b, line: x}\n- name: neighbour\n  copy: {content: x, dest: /etc/new, mode: "0644"}`,
      hosts: { a: { files: { '/etc/b': '' } } },
      story: ['install a: changed', 'follow a: unknown (TASK [install])', 'follower a: unknown (TASK [install])', 'neighbour a: changed'],
    },
    {
      name: 'a part of what is taken over',
      tasks: `- name: install\n  thing: {name: frr, value: x, brings: ["file:/etc/a"]}\n- name: copy\n  copy: {content: x, dest: /etc/a}\n- name: follow\n  follow:\n- name: text\n  lineinfile: {path: /etc/b, line: x}\n- name: neighbour\n  copy: {content: x, dest: /etc/new, mode: "0644"}\n- name: mode\n  file: {path: /etc/b, mode: u+x}`,
      hosts: { a: { files: { '/etc/b': '' } } },
      story: [
        'install a: changed',
        'copy a: unknown (TASK [install])',
        'follow a: changed',
        'text a: changed',
        'neighbour a: changed',
        'mode a: unknown (TASK [text])',
      ],
    },
    {
      name: 'a guard that is unknown',
      tasks: `- name: install\n  thing: {name: frr, value: x, brings: ["file:/*"]}\n- name: guarded\n  command: {cmd: x, creates: /srv/x}\n- name: then\n  lineinfile: {path: /etc/x, line: a}`,
      hosts: { a: { files: { '/etc/x': '' } } },
      story: ['install a: changed', 'guarded a: unknown (TASK [install])', 'then a: unknown (TASK [guarded])'],
    },
    {
      name: 'a listing of what was changed',
      tasks: `- name: change\n  copy: {content: x, dest: /srv/new, mode: "0644"}\n- name: guarded\n  command: {cmd: x, creates: "/srv/*"}`,
      hosts: { a: { files: { '/srv/x': '', '/etc/passwd': '' }, queries: (argv) => (argv[0] === 'find' ? '' : undefined) } },
      story: ['change a: changed', 'guarded a: unknown (TASK [change])'],
    },
  ]
  const files = { ...LIBRARY, 'r.j2': '{{ r.stdout }}' }
  for (const { name, tasks: text, more, hosts, story } of table) {
    await t.test(name, async (t) => {
      const played = await play(tasks(text, more), { files, hosts: hosts ?? { a: { files: { '/etc/x': '', '/etc/y': '' } } }, options: check })
      t.strictSame(played.story, story)
      t.equal(played.exitCode, 0, 'an unknown task fails nothing')
      t.strictSame(
        Object.values(played.ports).flatMap((port) => [...port.runs, ...port.puts]),
        [],
      )
    })
  }
})

t.test('known after apply', async (t) => {
  const playbook = tasks(
    `- name: made\n  made: {name: new}\n  register: r\n- name: use\n  debug: {msg: "{{ r.id }}"}\n- name: changed\n  debug: {msg: "{{ r is changed }}"}`,
  )
  const checked = await play(playbook, { files: LIBRARY, hosts: { a: make }, options: check })
  t.strictSame(checked.story, ['made a: changed', 'use a: unknown (TASK [made])', 'changed a: ok'])
  t.strictSame(changesOf(checked.of('made')), ['id:new: absent → (known after apply)'])
  const ran = await play(playbook, { files: LIBRARY, hosts: { a: make } })
  t.equal(ran.of('use').data.get('msg'), '4711')
})

/** A task whose output a dry run does not know, for those below that use it. */
const LOOK = '- name: look\n  command: uptime\n  changed_when: false\n  register: r\n'

t.test('a text that is unknown leaves all else known', async (t) => {
  const files = { 'r.j2': 'up: {{ r.stdout }}\n' }
  const handlers = '  handlers:\n    - name: handler\n      lineinfile: {path: /etc/z, line: h}\n'
  const render = (more = ''): string =>
    `${LOOK}- name: render\n  template: {src: r.j2, dest: /etc/x, mode: "0640"${more}}\n  register: rendered\n  notify: handler\n`
  const then = `- name: mode\n  file: {path: /etc/x, mode: "0600"}\n- name: edit\n  lineinfile: {path: /etc/x, line: b}\n- name: other\n  lineinfile: {path: /etc/y, line: b}\n- name: asks for the mode\n  debug: {msg: "{{ rendered.mode }}"}\n- name: asks for the size\n  debug: {msg: "{{ rendered.size }}"}\n- name: asks for the path\n  debug: {msg: "{{ rendered.path is defined }}"}\n`
  const others = { '/etc/y': '', '/etc/z': '' }
  const checked = (playbook: string, there: Readonly<Record<string, string | { content: string; mode: string }>> = {}) =>
    play(playbook, { files, hosts: { a: { files: { ...others, ...there } } }, options: check })

  const absent = await checked(tasks(render() + then, handlers))
  t.strictSame(absent.story, [
    'look a: unknown (TASK [look])',
    'render a: changed',
    'mode a: changed',
    'edit a: unknown (TASK [look])',
    'other a: changed',
    'asks for the mode a: ok',
    'asks for the size a: unknown (TASK [look])',
    'asks for the path a: ok',
    'handler a: changed',
  ])
  t.strictSame(changesOf(absent.of('render')), ['/etc/x: absent → file, 0640 root:root', '/etc/x content: absent → (known after apply)'])
  t.strictSame(changesOf(absent.of('mode')), ['/etc/x mode: 0640 → 0600'], 'of the file only the content is unknown')

  const same = await checked(tasks(render() + then, handlers), { '/etc/x': { content: 'old\n', mode: '0640' } })
  t.strictSame(same.story, [
    'look a: unknown (TASK [look])',
    'render a: unknown (TASK [look])',
    'mode a: changed',
    'edit a: unknown (TASK [look])',
    'other a: changed',
    'asks for the mode a: unknown (TASK [look])',
    'asks for the size a: unknown (TASK [look])',
    'asks for the path a: unknown (TASK [look])',
    'handler a: unknown (TASK [look])',
  ])
  t.strictSame(changesOf(same.of('render')), ['/etc/x content: 4 bytes → (known after apply)'])
  t.match(same.human, /\(known after apply\)/)

  const other = await checked(tasks(render() + then, handlers), { '/etc/x': { content: 'old\n', mode: '0644' } })
  t.strictSame(other.story, [
    'look a: unknown (TASK [look])',
    'render a: changed',
    'mode a: changed',
    'edit a: unknown (TASK [look])',
    'other a: changed',
    'asks for the mode a: ok',
    'asks for the size a: unknown (TASK [look])',
    'asks for the path a: unknown (TASK [render])',
    'handler a: changed',
  ])
  t.strictSame(changesOf(other.of('render')), ['/etc/x mode: 0644 → 0640', '/etc/x content: 4 bytes → (known after apply)'])

  const kept = await checked(tasks(render(', force: false'), handlers), { '/etc/x': 'old\n' })
  t.equal(statusOf(kept.of('render')), 'ok', 'where the text does not matter, nothing is unknown')

  for (const [content, name] of [
    ['"{{ r.stdout }}"', 'text'],
    ['"{{ r }}"', 'a value'],
    ['{a: 1, b: ["{{ r.stdout }}"]}', 'a mapping'],
    ["\"{{ lookup('template', 'r.j2') }}\"", 'a template looked up'],
  ] as const) {
    const copied = await checked(
      tasks(`${LOOK}- name: copy\n  copy: {content: ${content}, dest: /etc/x, mode: "0640"}\n${then.slice(0, then.indexOf('- name: asks'))}`),
    )
    t.strictSame(
      copied.story,
      ['look a: unknown (TASK [look])', 'copy a: changed', 'mode a: changed', 'edit a: unknown (TASK [look])', 'other a: changed'],
      `copy, ${name}`,
    )
  }
  const copies = await checked(
    tasks(
      `${LOOK}- name: copy\n  copy: {content: "{{ r.stdout }}", dest: /etc/x, mode: "0640"}\n- name: copy of it\n  copy: {remote_src: true, src: /etc/x, dest: /etc/w}\n- name: checksum\n  copy: {content: "{{ r.stdout }}", dest: /etc/v, checksum: "0"}\n- name: other\n  lineinfile: {path: /etc/y, line: b}`,
    ),
  )
  t.strictSame(copies.story, [
    'look a: unknown (TASK [look])',
    'copy a: changed',
    'copy of it a: changed',
    'checksum a: unknown (TASK [look])',
    'other a: changed',
  ])
})

t.test('a fault is a fault, beside what is unknown as well', async (t) => {
  const faults = async (task: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> => {
    // The task does not run for certain, so that the check begins; one that would run refuses it.
    const played = await play(tasks(`${LOOK}- name: it\n  ${task}\n  ignore_errors: true`), {
      files,
      hosts: { a: { files: { '/etc/passwd': '' } } },
      options: check,
    })
    t.equal(played.exitCode, 0)
    return [statusOf(played.of('it')), played.of('it').failure?.message ?? '']
  }
  t.strictSame(await faults('template: {src: r.j2, dest: /etc/x}', { 'r.j2': '{{ r.stdout }}\n{{ missing }}\n' }), ['ignored', "'missing' is undefined"])
  t.strictSame(await faults('copy: {content: "{{ r.stdout }} {{ missing }}", dest: /etc/x}'), ['ignored', "'missing' is undefined"])
  t.strictSame(await faults('copy: {content: {a: "{{ r.stdout }}", b: "{{ missing }}"}, dest: /etc/x}'), ['ignored', "'missing' is undefined"])
  t.strictSame(await faults('copy: {content: "{{ r.stdout }}", dest: "{{ missing }}"}'), ['ignored', "'missing' is undefined"])
  t.match(await faults('copy: {content: "{{ r.stdout }}", dest: ""}'), ['ignored', /cannot be empty/])
  t.match(await faults('copy: {content: "{{ r.stdout }}", dest: /etc/}'), ['ignored', /can not use content with a dir/])
  t.match(await faults('lineinfile: {line: "{{ r.stdout }}", path: ""}'), ['ignored', /cannot be empty/])
  t.match(await faults('copy: {content: "{{ r.stdout }}", dest: /nowhere/x}'), ['ignored', /does not exist/], 'a refusal')
  // Whether what may be undefined behind it is, depends on what is unknown.
  const looked = '{% set l = [] %}{{ l.append(r.stdout ~ "") }}{{ l[0] }}\n'
  t.strictSame(await faults('template: {src: r.j2, dest: /etc/x}', { 'r.j2': looked }), ['changed', ''])
  t.strictSame(await faults('template: {src: r.j2, dest: /etc/x}', { 'r.j2': '{% if r.stdout %}{% set x = 1 %}{% endif %}{{ x }}\n' }), ['changed', ''])
})

t.test('an argument that is unknown leaves known what its task does not touch', async (t) => {
  const then = `- name: other\n  lineinfile: {path: /etc/y, line: b}\n- name: edit\n  lineinfile: {path: /etc/x, line: b}\n- name: folder\n  file: {path: /new, state: directory, mode: "0755"}`
  for (const [task, other, edit, folder] of [
    ['lineinfile: {path: /etc/x, line: "{{ r.stdout }}"}', 'changed', 'unknown (TASK [look])', 'changed'],
    ['lineinfile: {path: "{{ r.stdout }}", line: b}', 'unknown (TASK [look])', 'unknown (TASK [look])', 'unknown (TASK [look])'],
    ['copy: {content: x, dest: /etc/x, mode: "{{ r.stdout }}"}', 'changed', 'unknown (TASK [look])', 'changed'],
    ['copy: {content: x, dest: /new/, src: "{{ r.stdout }}"}', 'unknown (TASK [look])', 'unknown (TASK [look])', 'unknown (TASK [look])'],
    ['template: {src: r.j2, dest: /new/, mode: "{{ r.stdout }}"}', 'changed', 'changed', 'unknown (TASK [look])'],
    ['template: {src: r.j2, dest: /etc/x, mode: "0644", trim_blocks: "{{ r.stdout }}"}', 'changed', 'unknown (TASK [look])', 'changed'],
    ['template: {src: r.j2, dest: /etc/x, mode: "0644", comment_start_string: "{{ r.stdout }}"}', 'changed', 'unknown (TASK [look])', 'changed'],
    ['rendered: {src: r.j2, trim_blocks: "{{ r.stdout }}"}', 'changed', 'unknown (TASK [look])', 'changed'],
    ['rendered: {src: r.j2, comment_start_string: "{{ r.stdout }}"}', 'changed', 'unknown (TASK [look])', 'changed'],
    // What it would bring about is what is there, whether the backup would be made or not.
    ['lineinfile: {path: /etc/x, line: x, backup: "{{ r.stdout }}"}', 'changed', 'changed', 'changed'],
    // A module that says of its changes that they affect more.
    ['file: {path: /etc/x, mode: "{{ r.stdout }}"}', 'unknown (TASK [look])', 'unknown (TASK [look])', 'unknown (TASK [look])'],
    ['file: {path: /etc/x, state: hard, mode: "{{ r.stdout }}"}', 'unknown (TASK [look])', 'unknown (TASK [look])', 'unknown (TASK [look])'],
    ['command: "{{ r.stdout }}"', 'unknown (TASK [look])', 'unknown (TASK [look])', 'unknown (TASK [look])'],
    ['stat: {path: "{{ r.stdout }}"}', 'changed', 'changed', 'changed'],
    // The module itself.
    ['action: "{{ r.stdout }} path=/etc/x"', 'unknown (TASK [look])', 'unknown (TASK [look])', 'unknown (TASK [look])'],
  ] as const) {
    const { story } = await play(tasks(`${LOOK}- name: it\n  ${task}\n${then}`), {
      files: { ...LIBRARY, 'r.j2': 'x\n' },
      hosts: { a: { files: { '/etc/x': 'x\n', '/etc/y': '' } } },
      options: check,
    })
    t.strictSame(story, ['look a: unknown (TASK [look])', 'it a: unknown (TASK [look])', `other a: ${other}`, `edit a: ${edit}`, `folder a: ${folder}`], task)
  }
})

t.test('where nothing is dry but one task, what depends on that one is left alone', async (t) => {
  const playbook = tasks(
    `- name: made\n  made: {name: new}\n  check_mode: true\n  register: r\n- name: copy\n  copy: {content: "{{ r.id }}", dest: /etc/new, mode: "0644"}\n- name: edit\n  lineinfile: {path: /etc/x, line: "{{ r.id }}"}`,
  )
  const { story, ports } = await play(playbook, { files: LIBRARY, hosts: { a: { files: { '/ids/none': '', '/etc/x': '' } } } })
  t.strictSame(story, ['made a: changed', 'copy a: unknown (TASK [made])', 'edit a: unknown (TASK [made])'])
  t.strictSame([...ports['a']!.runs, ...ports['a']!.puts], [])
})

t.test('what is unknown is not put, check_mode: false or not', async (t) => {
  const playbook = tasks(
    `${LOOK}- name: copy\n  copy: {content: "{{ r.stdout }}", dest: /etc/x, mode: "0644"}\n  check_mode: false\n- name: edit\n  lineinfile: {path: /etc/y, line: x}`,
  )
  const { story, of, ports } = await play(playbook, { hosts: { a: { files: { '/etc/y': '' } } }, options: check })
  t.strictSame(story, ['look a: unknown (TASK [look])', 'copy a: changed', 'edit a: changed'])
  t.equal(of('copy').check, true)
  t.strictSame(ports['a']!.puts, [])
})

t.test('a converged check knows everything', async (t) => {
  const playbook = tasks(
    `- name: copy\n  copy: {content: x, dest: /etc/x, mode: "0644"}\n- name: line\n  lineinfile: {path: /etc/y, line: y}\n- name: guarded\n  command: {cmd: x, creates: /etc/x}\n- name: service\n  service: {name: frr, state: started, enabled: true}\n- name: live\n  daemon:`,
  )
  const hosts = {
    a: { files: { '/etc/x': 'x', '/etc/y': 'y\n', '/etc/passwd': '' }, units: { 'frr.service': {} }, queries: { 'vtysh -c show bgp summary json': '{}' } },
  }
  const { story, stats } = await play(playbook, { files: LIBRARY, hosts, options: check })
  t.strictSame(story, ['copy a: ok', 'line a: ok', 'guarded a: ok', 'service a: ok', 'live a: ok'])
  t.equal(stats.get('a')?.unknown, 0)
})

t.test('check_mode: false really runs, in a check', async (t) => {
  const playbook = tasks(
    `- name: predicted\n  copy: {content: "one\\n", dest: /etc/x, mode: "0644"}\n- name: real\n  copy: {content: "two\\n", dest: /etc/x, mode: "0644"}\n  check_mode: false\n- name: edit\n  lineinfile: {path: /etc/x, line: three}`,
  )
  const { ports, of } = await play(playbook, { hosts: { a: { files: { '/etc/passwd': '' } } }, options: check })
  t.equal(ports['a']!.text('/etc/x'), 'two\n')
  t.strictSame(changesOf(of('edit')), ['/etc/x: "two\\n" → "two\\nthree\\n"'], 'what was really done overrules what was predicted')
  t.equal(of('predicted').check, true)
  t.equal(of('real').check, undefined)
})

t.test('a command with check_mode: false', async (t) => {
  const playbook = (first: string) =>
    tasks(
      `${first}- name: real\n  command: uptime\n  check_mode: false\n  register: r\n- name: use\n  debug: {msg: "{{ r.stdout }}"}\n- name: edit\n  lineinfile: {path: /etc/x, line: three}`,
    )
  const hosts = { a: { files: { '/etc/x': '', '/etc/y': '' }, run: ({ argv }: { argv: readonly string[] }) => (argv[0] === 'uptime' ? 'up' : undefined) } }
  t.strictSame((await play(playbook(''), { hosts, options: check })).story, ['real a: changed', 'use a: ok', 'edit a: changed'], 'what it altered can be read')
  const after = await play(playbook('- name: first\n  lineinfile: {path: /etc/y, line: y}\n'), { hosts, options: check })
  t.strictSame(
    after.story,
    ['first a: changed', 'real a: changed', 'use a: ok', 'edit a: unknown (TASK [real])'],
    'what was only predicted was not there for it',
  )
})

t.test('check_mode: true leaves the host as it is, in a check and in a run', async (t) => {
  const playbook = tasks(
    `- name: would\n  lineinfile: {path: /etc/x, line: one}\n  check_mode: true\n- name: command\n  command: make\n  check_mode: true\n  register: r\n- name: was skipped\n  debug: {msg: "{{ r is skipped }}"}\n- name: does\n  lineinfile: {path: /etc/x, line: two}`,
  )
  const hosts = { a: { files: { '/etc/x': '' } } }
  for (const options of [check, {}]) {
    const { story, of } = await play(playbook, { hosts, options })
    t.strictSame(story, ['would a: changed', 'command a: skipped', 'was skipped a: ok', 'does a: changed'])
    t.strictSame(changesOf(of('does')), ['/etc/x: "" → "two\\n"'])
    t.equal(of('would').check, true)
  }
  t.equal((await play(playbook, { hosts })).ports['a']!.text('/etc/x'), 'two\n')
})

t.test('a refusal fails a check as it fails a run', async (t) => {
  const playbook = tasks(`- name: absent\n  lineinfile: {path: /etc/none, line: x}`)
  for (const options of [check, {}]) {
    const { story, exitCode } = await play(playbook, { options })
    t.strictSame(story, ['absent a: failed'])
    t.equal(exitCode, 2)
  }
})

t.test('what a rescue would do, and what comes after an end, is unknown where a task may fail or the play may end', async (t) => {
  const setup: Setup = { files: LIBRARY, hosts: { a: { files: { '/etc/passwd': '' }, queries: { 'vtysh -c show bgp summary json': 'two' } } }, options: check }
  const write = '- name: write\n  copy: {content: x, dest: /etc/x, mode: "0644"}\n'
  const block = `- block:
    - name: ask
      daemon: {}
      register: answer
  rescue:
    - name: mend
      set_fact: {mended: true}
  always:
    - name: always
      debug: {msg: here}
- name: after
  debug: {msg: "{{ mended }}"}`
  const rescued = await play(tasks(`${write}${block}`, '  vars: {mended: false}\n'), setup)
  t.equal(rescued.of('ask').unknown, 'TASK [write]')
  t.equal(rescued.of('mend').unknown, 'TASK [write]', 'the rescue may run')
  t.equal(rescued.of('always').unknown, undefined)
  t.equal(rescued.of('after').unknown, 'TASK [write]', 'and what it sets is unknown')
  const sure = await play(tasks(block, '  vars: {mended: false}\n'), setup)
  t.notOk(
    sure.results.some(({ task }) => task === 'mend'),
    'what does not fail needs no rescue',
  )
  t.equal(sure.of('after').unknown, undefined)

  for (const what of ['end_play', 'end_host']) {
    const end = `- name: ask\n  daemon: {}\n  register: answer\n- meta: ${what}\n  when: answer.peers == "none"\n- name: after\n  copy: {content: y, dest: /etc/y, mode: "0644"}`
    const ended = await play(tasks(`${write}${end}`), setup)
    t.equal(ended.of('after').unknown, 'TASK [write]', what)
    t.equal((await play(tasks(end), setup)).of('after').unknown, undefined, `${what}, known`)
  }
})

t.test('the words of a check', async (t) => {
  const { human } = await play(tasks(`- name: edit\n  lineinfile: {path: /etc/x, line: x}\n- name: build\n  command: make`), {
    hosts: { a: { files: { '/etc/x': '' } } },
    options: check,
  })
  t.match(human, /would change a/)
  t.match(human, /unknown {6}a: Command would have run if not in check mode/)
  t.match(human, /unknown=1/)
  t.equal(statusOf((await play(tasks(`- debug:`))).of('debug')), 'ok')
})
