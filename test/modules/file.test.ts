import t from 'tap'
import module from '../../modules/file.ts'
import { KNOWN_AFTER_APPLY, UnknownStateError } from '../../runner/module.ts'
import { UnknownIn, answer, folder, link, parametersOf, simulate, textFile } from '../support/module.ts'

const srv = { '/srv': folder() }
const TEMPORARY = '/srv/.x.2026-01-31@10:15:59.playline'
const tree = answer(['f 644 root root f', 'd 700 root root d', 'f 755 frr root d/x y', 'l 777 root root l', ''].join('\0'))

t.test('from state before to steps', async (t) => {
  const table: { name: string; args: string; before: Record<string, unknown>; steps: string[]; events?: string[] }[] = [
    // folders
    { name: 'a folder', args: 'path: /srv/x\nstate: directory', before: srv, steps: ['mkdir -m 00755 /srv/x', 'chown root:root /srv/x'] },
    {
      name: 'folders above it get the same',
      args: 'path: /srv/a/x\nstate: directory\nowner: frr\nmode: "2750"',
      before: srv,
      steps: [
        'mkdir -m 02750 /srv/a',
        'chown frr:root /srv/a',
        'chmod 02750 /srv/a',
        'mkdir -m 02750 /srv/a/x',
        'chown frr:root /srv/a/x',
        'chmod 02750 /srv/a/x',
      ],
    },
    { name: 'a folder that is there', args: 'path: /srv/x\nstate: directory', before: { ...srv, '/srv/x': folder({ mode: '0700' }) }, steps: [] },
    {
      name: 'a mode takes set-group-id off a folder',
      args: 'path: /srv/x\nstate: directory\nmode: "0750"',
      before: { ...srv, '/srv/x': folder({ mode: '2755' }) },
      steps: ['chmod 00750 /srv/x'],
    },
    {
      name: 'a link to a folder',
      args: 'path: /srv/x\nstate: directory\nmode: "0750"',
      before: { ...srv, '/srv/x': link('y'), '/srv/y': folder() },
      steps: ['chmod 00750 /srv/y'],
    },
    {
      name: 'all below it',
      args: 'path: /srv\nrecurse: true\nowner: frr\nmode: u=rwX,g=rX,o=',
      before: { ...srv, 'query:tree:/srv': tree },
      steps: [
        'chown -h frr /srv',
        'chmod 00750 /srv',
        'chown -h frr /srv/f /srv/d /srv/l',
        'chmod 0640 /srv/f',
        'chmod 00750 /srv/d',
        'chmod 0750 "/srv/d/x y"',
      ],
    },
    // files
    { name: 'a file', args: 'path: /srv/x\nowner: frr', before: { ...srv, '/srv/x': textFile('') }, steps: ['chown -h frr /srv/x'] },
    {
      name: 'the file that a link leads to',
      args: 'path: /srv/x\nstate: file\nmode: "0600"',
      before: { ...srv, '/srv/x': link('y'), '/srv/y': textFile('') },
      steps: ['chmod 0600 /srv/y'],
    },
    {
      name: 'a link itself',
      args: 'path: /srv/x\nowner: frr\nmode: "0600"\nfollow: false',
      before: { ...srv, '/srv/x': link('y') },
      steps: ['chown -h frr /srv/x'],
    },
    {
      name: 'a time',
      args: 'path: /srv/x\nmodification_time: "202001020304.05"',
      before: { ...srv, '/srv/x': textFile(''), '/srv/x mtime': answer('2026-01-01 00:00:00.5 +0000\n') },
      steps: ['touch -c -m -d "2020-01-02 03:04:05" /srv/x'],
    },
    {
      name: 'a time that it has',
      args: 'path: /srv/x\nmodification_time: "20200102"\nmodification_time_format: "%Y%m%d"',
      before: { ...srv, '/srv/x': textFile(''), '/srv/x mtime': answer('2020-01-02 00:00:00.0 +0000\n') },
      steps: [],
    },
    // touch
    { name: 'touch makes a file', args: 'path: /srv/x\nstate: touch\nmode: "0640"', before: srv, steps: ['put /srv/x 0640 root:root'] },
    {
      name: 'touch is an event',
      args: 'path: /srv/x\nstate: touch',
      before: { ...srv, '/srv/x': textFile('') },
      steps: ['touch -c -a /srv/x', 'touch -c -m /srv/x'],
      events: ['touch /srv/x'],
    },
    {
      name: 'touch that keeps the times',
      args: 'path: /srv/x\nstate: touch\naccess_time: preserve\nmodification_time: preserve',
      before: { ...srv, '/srv/x': textFile('') },
      steps: [],
    },
    {
      name: 'touch through a link',
      args: 'path: /srv/x\nstate: touch\nmode: "0600"\naccess_time: preserve',
      before: { ...srv, '/srv/x': link('y'), '/srv/y': textFile('') },
      steps: ['chmod 0600 /srv/y', 'touch -c -m /srv/x'],
      events: ['touch /srv/x'],
    },
    // links
    {
      name: 'a link',
      args: 'path: /srv/x\nstate: link\nsrc: y',
      before: { ...srv, '/srv/y': textFile('') },
      steps: ['ln -s -- y /srv/x', 'chown -h root:root /srv/x'],
    },
    { name: 'a link that leads there', args: 'path: /srv/x\nstate: link\nsrc: y', before: { ...srv, '/srv/x': link('y'), '/srv/y': textFile('') }, steps: [] },
    {
      name: 'a link that leads elsewhere',
      args: 'path: /srv/x\nstate: link\nsrc: y',
      before: { ...srv, '/srv/x': link('z'), '/srv/y': textFile('') },
      steps: [`ln -s -- y ${TEMPORARY}`, `mv -fT ${TEMPORARY} /srv/x`, 'chown -h root:root /srv/x'],
    },
    {
      name: 'a link in the place of an empty folder',
      args: 'path: /srv/x\nstate: link\nsrc: y\nforce: true',
      before: { ...srv, '/srv/x': folder(), 'query:empty:/srv/x': answer('') },
      steps: ['rmdir /srv/x', 'ln -s -- y /srv/x', 'chown -h root:root /srv/x'],
    },
    {
      name: 'the mode is that of what a link leads to',
      args: 'path: /srv/x\nstate: link\nsrc: y\nmode: "0600"',
      before: { ...srv, '/srv/x': link('y'), '/srv/y': textFile('') },
      steps: ['chmod 0600 /srv/y'],
    },
    {
      name: 'a hard link',
      args: 'path: /srv/x\nstate: hard\nsrc: /srv/y',
      before: { ...srv, '/srv/y': textFile('a'), 'query:same-file:/srv/y:/srv/x': answer('', 1) },
      steps: ['ln -- /srv/y /srv/x'],
    },
    {
      name: 'a hard link that is one',
      args: 'path: /srv/x\nstate: hard\nsrc: /srv/y\nmode: "0600"',
      before: { ...srv, '/srv/x': textFile('a'), '/srv/y': textFile('a'), 'query:same-file:/srv/y:/srv/x': answer('1:2\n1:2\n') },
      steps: ['chmod 0600 /srv/x'],
    },
    {
      name: 'a hard link in the place of a file',
      args: 'path: /srv/x\nstate: hard\nsrc: /srv/y\nforce: true',
      before: { ...srv, '/srv/x': textFile('b'), '/srv/y': textFile('a'), 'query:same-file:/srv/y:/srv/x': answer('1:2\n1:3\n') },
      steps: [`ln -- /srv/y ${TEMPORARY}`, `mv -fT ${TEMPORARY} /srv/x`],
    },
    // absent
    { name: 'no file', args: 'path: /srv/x\nstate: absent', before: { ...srv, '/srv/x': textFile('') }, steps: ['rm -f /srv/x'] },
    { name: 'no folder', args: 'path: /srv/x\nstate: absent', before: { ...srv, '/srv/x': folder() }, steps: ['rm -rf /srv/x'] },
    { name: 'no link, but what it leads to', args: 'path: /srv/x\nstate: absent', before: { ...srv, '/srv/x': link('y') }, steps: ['rm -f /srv/x'] },
    { name: 'nothing there', args: 'path: /srv/x\nstate: absent', before: srv, steps: [] },
  ]
  for (const row of table) {
    const simulated = simulate(module, row.args, row.before)
    t.same(simulated.steps, row.steps, row.name)
    t.same(simulated.refusals, [], row.name)
    t.same(
      simulated.events.map(({ name, target }) => `${name} ${target}`),
      row.events ?? [],
      row.name,
    )
  }
})

t.test('refusals', async (t) => {
  const table: [string, Record<string, unknown>, string][] = [
    ['path: /srv/x', srv, 'file (/srv/x) is absent, cannot continue'],
    ['path: /srv/x\nstate: file', { ...srv, '/srv/x': folder() }, 'file (/srv/x) is directory, cannot continue'],
    ['path: /srv/x\nstate: file\nfollow: false', { ...srv, '/srv/x': link('y') }, 'file (/srv/x) is link, cannot continue'],
    ['path: /srv/x\nstate: directory', { ...srv, '/srv/x': textFile('') }, '/srv/x already exists as a file'],
    ['path: /srv/f/x\nstate: directory', { ...srv, '/srv/f': textFile('') }, '/srv/f is not a directory'],
    ['path: /srv/x\nrecurse: true', { ...srv, '/srv/x': textFile('') }, "recurse option requires state to be 'directory'"],
    ['path: /no/x\nstate: touch', {}, 'Error, could not touch target: Destination directory /no does not exist'],
    ['path: /srv/x\nstate: link', srv, 'src is required for creating new symlinks'],
    ['path: /srv/x\nstate: link\nsrc: y', srv, 'src file does not exist, use "force=yes" if you really want to create the link: /srv/y'],
    ['path: /srv/x\nstate: link\nsrc: y', { ...srv, '/srv/x': textFile(''), '/srv/y': folder() }, 'refusing to convert from file to symlink for /srv/x'],
    ['path: /srv/x\nstate: link\nsrc: y', { ...srv, '/srv/x': folder(), '/srv/y': folder() }, 'refusing to convert from directory to symlink for /srv/x'],
    [
      'path: /srv/x\nstate: link\nsrc: y\nforce: true',
      { ...srv, '/srv/x': folder(), 'query:empty:/srv/x': answer('x') },
      'the directory /srv/x is not empty, refusing to convert it',
    ],
    ['path: /srv/x\nstate: hard\nsrc: /srv/y', { ...srv, 'query:same-file:/srv/y:/srv/x': answer('', 1) }, 'src does not exist'],
    [
      'path: /srv/x\nstate: hard\nsrc: /srv/y',
      { ...srv, '/srv/x': textFile(''), '/srv/y': textFile(''), 'query:same-file:/srv/y:/srv/x': answer('1:1\n1:2\n') },
      'Cannot link, different hard link exists at destination',
    ],
  ]
  for (const [args, before, summary] of table) {
    const simulated = simulate(module, args, before)
    t.equal(simulated.refusals[0]?.summary, summary, args)
    t.same(simulated.differs, [], `${args}: nothing is changed`)
  }
})

t.test('results', async (t) => {
  t.same(simulate(module, 'path: /srv/x\nstate: absent', srv).result, { path: '/srv/x', state: 'absent' })
  t.same(simulate(module, 'path: /srv\nstate: directory', srv).result, { path: '/srv', state: 'directory', owner: 'root', group: 'root', mode: '0755' })
  t.same(simulate(module, 'path: /srv/x\nstate: link\nsrc: y', { ...srv, '/srv/y': folder() }).result, {
    dest: '/srv/x',
    src: 'y',
    state: 'link',
    owner: 'root',
    group: 'root',
    mode: '0777',
    size: 1,
  })
  t.match(simulate(module, 'path: /srv/x\nstate: touch', srv).result, { dest: '/srv/x', state: 'file', size: 0 })
})

t.test('what else is altered', async (t) => {
  t.same(simulate(module, 'path: /srv/x\nstate: absent', { ...srv, '/srv/x': folder() }).affects, ['file:/srv/x/*'])
  t.same(simulate(module, 'path: /srv\nrecurse: true\nowner: frr', { ...srv, 'query:tree:/srv': tree }).affects, ['file:/srv/*'])
  t.same(simulate(module, 'path: /srv/x\nstate: directory', srv).affects, [])
  t.same(simulate(module, 'path: /srv/x\nstate: link\nsrc: y', { ...srv, '/srv/y': folder() }).affects, ['file:/srv/x/*'])
  t.same(simulate(module, 'path: /srv/x\nmode: "0600"', { ...srv, '/srv/x': textFile('') }).affects, [])
})

t.test('in a dry run the path may be unknown', async (t) => {
  const unknown = { ...srv, '/srv/x': new UnknownIn() }
  const check = (args: string) => simulate(module, args, unknown, { check: true })
  t.same(check('path: /srv/x\nstate: absent').after['file'], { '/srv/x': { type: 'absent' } })
  t.match(check('path: /srv/x\nstate: directory\nowner: a\ngroup: b\nmode: "0700"').after['file'], {
    '/srv/x': { type: 'directory', owner: 'a', group: 'b', mode: '0700' },
  })
  const below = simulate(module, 'path: /srv\nrecurse: true\nmode: "0700"', { ...srv, 'query:tree:/srv': new UnknownIn() }, { check: true })
  t.match(below.after['file'], { '/srv': { mode: '0700' } })
  t.same([below.after['tree'], below.affects], [KNOWN_AFTER_APPLY, ['file:/srv/*']], 'what is below may change')
  t.throws(() => check('path: /srv/x'), UnknownStateError)
  t.throws(() => check('path: /srv/x\nstate: touch'), UnknownStateError)
})

t.test('parameters', async (t) => {
  const refuses = (args: string, message: RegExp) => t.throws(() => parametersOf(module, args), message, args)
  refuses('path: /\nstate: absent', /\/ is not removed/)
  refuses('path: /x\nstate: hard', /src is required/)
  refuses('path: /x\nstate: hard\nsrc: y', /absolute/)
  refuses('path: /x\nstate: touch\nrecurse: true', /recurse option requires/)
  refuses('path: /x\nsrc: y', /requires state to be 'link' or 'hard'/)
  refuses('path: /x\nmodification_time: "1"', /does not have the format/)
  refuses('path: /x\nmodification_time: "1"\nmodification_time_format: "%s"', /%s is not supported/)
  refuses('path: /x\nmode: u=q', /a mode is octal digits/)
  t.match(parametersOf(module, 'dest: /x/'), { path: '/x' })
})
