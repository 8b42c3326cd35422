import { createHash } from 'node:crypto'
import t from 'tap'
import module from '../../modules/copy.ts'
import { Content, ControllerSource, StepFailure, z } from '../../runner/module.ts'
import { folder, link, parametersOf, simulate, textFile } from '../support/module.ts'

const controller = { 'bgpd.conf': { text: 'router bgp 65000\n', mode: '0640' } }
const there = { '/etc': folder(), '/etc/frr': folder() }
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

t.test('from state before to steps', async (t) => {
  const table: { name: string; args: string; before: Record<string, unknown>; steps: string[]; puts?: Record<string, string> }[] = [
    {
      name: 'a file',
      args: 'src: bgpd.conf\ndest: /etc/frr/bgpd.conf\nowner: frr\ngroup: frr\nmode: "0640"',
      before: there,
      steps: ['put /etc/frr/bgpd.conf 0640 frr:frr'],
    },
    { name: 'its own mode', args: 'src: bgpd.conf\ndest: /etc/frr/\nmode: preserve', before: there, steps: ['put /etc/frr/bgpd.conf 0640 root:root'] },
    { name: 'a text', args: 'content: "a\\n"\ndest: /etc/frr/x', before: there, steps: ['put /etc/frr/x 0644 root:root'], puts: { '/etc/frr/x': 'a\n' } },
    { name: 'an empty text', args: 'content: ""\ndest: /etc/frr/x', before: there, steps: ['put /etc/frr/x 0644 root:root'], puts: { '/etc/frr/x': '' } },
    {
      name: 'a mapping is JSON as Python writes it',
      args: 'content: {a: 1, b: [x, null, true, é]}\ndest: /etc/frr/x',
      before: there,
      steps: ['put /etc/frr/x 0644 root:root'],
      puts: { '/etc/frr/x': '{"a": 1, "b": ["x", null, true, "\\u00e9"]}' },
    },
    {
      name: 'a boolean prints as in Python',
      args: 'content: true\ndest: /etc/frr/x',
      before: there,
      steps: ['put /etc/frr/x 0644 root:root'],
      puts: { '/etc/frr/x': 'True' },
    },
    {
      name: 'a symbolic mode is relative to the mode that is there',
      args: 'content: a\ndest: /etc/frr/x\nmode: u+x,g=u',
      before: { ...there, '/etc/frr/x': textFile('a') },
      steps: ['chmod 0764 /etc/frr/x'],
    },
    {
      name: 'another owner ends set-user-id',
      args: 'content: a\ndest: /etc/frr/x\nowner: frr',
      before: { ...there, '/etc/frr/x': textFile('a', { mode: '4755' }) },
      steps: ['chown -h frr /etc/frr/x', 'chmod 0755 /etc/frr/x'],
    },
    {
      name: 'a file on the host is copied beside and renamed',
      args: 'remote_src: true\nsrc: /etc/frr/daemons\ndest: /etc/frr/daemons.orig\nowner: frr\nbackup: true',
      before: { ...there, '/etc/frr/daemons': textFile('x'), '/etc/frr/daemons.orig': textFile('y') },
      steps: [
        'cp -p /etc/frr/daemons.orig /etc/frr/daemons.orig.2717705270.2026-01-31@10:15:59~',
        'install -m 0600 /etc/frr/daemons /etc/frr/.daemons.orig.2026-01-31@10:15:59.playline',
        'chown frr:root /etc/frr/.daemons.orig.2026-01-31@10:15:59.playline',
        'chmod 0644 /etc/frr/.daemons.orig.2026-01-31@10:15:59.playline',
        'mv -f /etc/frr/.daemons.orig.2026-01-31@10:15:59.playline /etc/frr/daemons.orig',
      ],
    },
    {
      name: 'the same on the host',
      args: 'remote_src: true\nsrc: /etc/frr/daemons\ndest: /etc/frr/daemons.orig',
      before: { ...there, '/etc/frr/daemons': link('real'), '/etc/frr/real': textFile('x'), '/etc/frr/daemons.orig': textFile('x') },
      steps: [],
    },
  ]
  for (const row of table) {
    const simulated = simulate(module, row.args, row.before, { controller })
    t.same(simulated.steps, row.steps, row.name)
    if (row.puts) t.same(simulated.puts, row.puts, row.name)
  }
})

t.test('validating a copy on the host', async (t) => {
  const args = 'remote_src: true\nsrc: /etc/frr/a\ndest: /etc/frr/b\nvalidate: visudo -cf %s'
  const seen: string[] = []
  t.throws(
    () =>
      simulate(
        module,
        args,
        { ...there, '/etc/frr/a': textFile('x') },
        {
          reply: (step) => {
            if (step.kind === 'run') seen.push(step.argv[0])
            return { exitCode: step.kind === 'run' && step.argv[0] === 'visudo' ? 1 : 0 }
          },
        },
      ),
    StepFailure,
  )
  t.same(seen.slice(-2), ['visudo', 'rm'], 'nothing is left behind')
})

t.test('refusals', async (t) => {
  const summary = (args: string, before: Record<string, unknown>) => simulate(module, args, before, { controller }).refusals[0]?.summary
  t.equal(summary('content: a\ndest: /etc/frr', there), '/etc/frr is a directory, not a file')
  t.equal(summary('content: a\ndest: /nowhere/x', {}), 'Destination directory /nowhere does not exist')
  t.equal(
    summary('content: a\ndest: /etc/frr/x', { ...there, '/etc/frr/x': { type: 'other', mode: '0666', owner: 'root', group: 'root' } }),
    '/etc/frr/x is a device, a socket or a pipe, not a file',
  )
  t.equal(summary('remote_src: true\nsrc: /a\ndest: /b', {}), 'Source /a not found')
  t.equal(summary('remote_src: true\nsrc: /a\ndest: /b', { '/a': { type: 'other', mode: '0644', owner: 'root', group: 'root' } }), '/a is not a regular file')
  t.match(summary(`src: bgpd.conf\ndest: /etc/frr/x\nchecksum: '${'0'.repeat(40)}'`, there), /checksum/)
  t.equal(summary(`src: bgpd.conf\ndest: /etc/frr/x\nchecksum: ${sha1('router bgp 65000\n').toUpperCase()}`, there), undefined)
})

t.test('parameters', async (t) => {
  const refuses = (args: string, message: RegExp) => t.throws(() => parametersOf(module, args, controller), message, args)
  refuses('dest: /x', /src \(or content\) is required/)
  refuses('src: bgpd.conf\ncontent: a\ndest: /x', /mutually exclusive/)
  refuses('content: a\ndest: /x/', /can not use content with a dir as dest/)
  refuses('src: ""\ndest: /x\nremote_src: true', /cannot be empty/)
  refuses('src: bgpd.conf\ndest: /x\nattributes: +i', /chattr/)
})

t.test('results', async (t) => {
  t.same(simulate(module, 'content: a\ndest: /etc/frr/x\nforce: false', { ...there, '/etc/frr/x': textFile('b') }).result, { dest: '/etc/frr/x' })
  t.same(simulate(module, 'src: bgpd.conf\ndest: /etc/frr/x\nforce: false', { ...there, '/etc/frr/x': textFile('b') }, { controller }).result, {
    dest: '/etc/frr/x',
    src: 'bgpd.conf',
  })
  t.same(simulate(module, 'content: a\ndest: /etc/frr/x\nmode: "2755"', { ...there, '/etc/frr/x': textFile('a') }).result, {
    dest: '/etc/frr/x',
    path: '/etc/frr/x',
    state: 'file',
    owner: 'root',
    group: 'root',
    mode: '02755',
    size: 1,
    checksum: sha1('a'),
  })
})

t.test('a folder of the controller', async (t) => {
  const entries = [
    { path: 'a', type: 'file', mode: '0755', content: Content.of('a\n') },
    { path: 'sub', type: 'directory', mode: '0700' },
    { path: 'l', type: 'link', mode: '0777', target: 'a' },
    { path: 'sub/b', type: 'file', mode: '0644', content: Content.of('b\n') },
  ] as const
  const steps = (name: string, args: object, host: Record<string, unknown>) => {
    const params = module.params().parse({ src: new ControllerSource(name, Content.of(''), '0755', entries), dest: '/srv/x', ...args })
    return simulate({ ...module, params: () => z.any().transform(() => params) }, '{}', { '/srv': folder(), ...host }).steps
  }
  t.same(steps('from/', { mode: 'preserve' }, {}), [
    'mkdir -m 00755 /srv/x',
    'chown root:root /srv/x',
    'put /srv/x/a 0755 root:root',
    'mkdir -m 00755 /srv/x/sub',
    'chown root:root /srv/x/sub',
    'ln -s -- a /srv/x/l',
    'chown -h root:root /srv/x/l',
    'put /srv/x/sub/b 0644 root:root',
  ])
  const there = { '/srv/x': folder(), '/srv/x/from': folder(), '/srv/x/from/a': textFile('a\n'), '/srv/x/from/sub': folder(), '/srv/x/from/l': link('a') }
  t.same(steps('from', {}, there), ['put /srv/x/from/sub/b 0644 root:root'], 'without a slash its name is kept')
  t.same(steps('from', { force: false }, { ...there, '/srv/x/from/a': textFile('other'), '/srv/x/from/sub/b': textFile('other') }), [])
})
