import { createHash } from 'node:crypto'
import t from 'tap'
import { KNOWN_AFTER_APPLY, UnknownStateError } from '../../runner/module.ts'
import module from '../../modules/template.ts'
import { UnknownIn, answer, folder, link, simulate, textFile } from '../support/module.ts'

const controller = { 'oci-ipsec.conf.j2': { text: 'conn oci\n', mode: '0640' } }
const args = (more: string) => `src: oci-ipsec.conf.j2\ndest: /etc/ipsec.d/oci.conf\n${more}`
const there = { '/etc/ipsec.d': folder() }

t.test('from state before to steps', async (t) => {
  const table: { name: string; args: string; before: Record<string, unknown>; steps: string[] }[] = [
    { name: 'a new file', args: args('mode: "0600"'), before: there, steps: ['put /etc/ipsec.d/oci.conf 0600 root:root'] },
    { name: 'a new file without a mode', args: args(''), before: there, steps: ['put /etc/ipsec.d/oci.conf 0644 root:root'] },
    {
      name: 'another content keeps owner, group and mode',
      args: args(''),
      before: { ...there, '/etc/ipsec.d/oci.conf': textFile('old\n', { owner: 'frr', group: 'adm', mode: '0600' }) },
      steps: ['put /etc/ipsec.d/oci.conf 0600 frr:adm'],
    },
    { name: 'the same', args: args('mode: "0644"\nowner: root'), before: { ...there, '/etc/ipsec.d/oci.conf': textFile('conn oci\n') }, steps: [] },
    {
      name: 'only the mode',
      args: args('mode: "0600"'),
      before: { ...there, '/etc/ipsec.d/oci.conf': textFile('conn oci\n') },
      steps: ['chmod 0600 /etc/ipsec.d/oci.conf'],
    },
    {
      name: 'only the group, of a file with set-group-id',
      args: args('group: frr'),
      before: { ...there, '/etc/ipsec.d/oci.conf': textFile('conn oci\n', { mode: '2755' }) },
      steps: ['chown -h :frr /etc/ipsec.d/oci.conf', 'chmod 0755 /etc/ipsec.d/oci.conf'],
    },
    {
      name: 'accounts by number',
      args: args('owner: 0\ngroup: "0"'),
      before: {
        ...there,
        '/etc/ipsec.d/oci.conf': textFile('conn oci\n'),
        'query:passwd:0': answer('root:x:0:0:root:/root:/bin/sh\n'),
        'query:group:0': answer('root:x:0:\n'),
      },
      steps: [],
    },
    {
      name: 'an account number that nobody has',
      args: args('owner: 4711'),
      before: { ...there, '/etc/ipsec.d/oci.conf': textFile('conn oci\n'), 'query:passwd:4711': answer('', 2) },
      steps: ['chown -h 4711 /etc/ipsec.d/oci.conf'],
    },
    { name: "the template's own mode", args: args('mode: preserve'), before: there, steps: ['put /etc/ipsec.d/oci.conf 0640 root:root'] },
    { name: 'force: false leaves a file alone', args: args('force: false'), before: { ...there, '/etc/ipsec.d/oci.conf': textFile('old\n') }, steps: [] },
    {
      name: 'a backup and a check of the new file',
      args: args('backup: true\nvalidate: ipsec checkconfig "%s"'),
      before: { ...there, '/etc/ipsec.d/oci.conf': textFile('old\n') },
      steps: [
        'cp -p /etc/ipsec.d/oci.conf /etc/ipsec.d/oci.conf.30448921.2026-01-31@10:15:59~',
        'put /etc/ipsec.d/oci.conf 0644 root:root validated by ipsec checkconfig %s',
      ],
    },
    {
      name: 'a folder as dest',
      args: 'src: oci-ipsec.conf.j2\ndest: /etc/ipsec.d',
      before: there,
      steps: ['put /etc/ipsec.d/oci-ipsec.conf.j2 0644 root:root'],
    },
    {
      name: 'a link to a folder as dest',
      args: 'src: oci-ipsec.conf.j2\ndest: /etc/ipsec',
      before: { ...there, '/etc': folder(), '/etc/ipsec': link('ipsec.d') },
      steps: ['put /etc/ipsec/oci-ipsec.conf.j2 0644 root:root'],
    },
    {
      name: 'dest with a slash makes the folders',
      args: 'src: oci-ipsec.conf.j2\ndest: /etc/a/b/\nmode: "0600"\nowner: frr',
      before: { '/etc': folder() },
      steps: [
        'mkdir -m 00755 /etc/a',
        'chown frr:root /etc/a',
        'mkdir -m 00755 /etc/a/b',
        'chown frr:root /etc/a/b',
        'put /etc/a/b/oci-ipsec.conf.j2 0600 frr:root',
      ],
    },
    {
      name: 'a link is replaced',
      args: args(''),
      before: { ...there, '/etc/ipsec.d/oci.conf': link('/srv/oci.conf'), '/srv/oci.conf': textFile('conn oci\n') },
      steps: ['put /etc/ipsec.d/oci.conf 0644 root:root'],
    },
    {
      name: 'follow: true writes where the link leads',
      args: args('follow: true'),
      before: {
        ...there,
        '/etc/ipsec.d/oci.conf': link('../real/oci.conf'),
        'query:realpath:/etc/ipsec.d': answer('/srv/ipsec.d\n'),
        '/srv/real': folder(),
        '/srv/real/oci.conf': textFile('old\n'),
      },
      steps: ['put /srv/real/oci.conf 0644 root:root'],
    },
  ]
  for (const row of table) t.same(simulate(module, row.args, row.before, { controller }).steps, row.steps, row.name)
})

t.test('refusals', async (t) => {
  t.equal(simulate(module, args(''), {}, { controller }).refusals[0]?.summary, 'Destination directory /etc/ipsec.d does not exist')
  t.equal(simulate(module, args(''), { '/etc/ipsec.d': textFile('') }, { controller }).refusals[0]?.summary, '/etc/ipsec.d is not a directory')
  const inTheWay = simulate(module, 'src: oci-ipsec.conf.j2\ndest: /etc', { '/etc': folder(), '/etc/oci-ipsec.conf.j2': folder() }, { controller })
  t.equal(inTheWay.refusals[0]?.summary, '/etc/oci-ipsec.conf.j2 is a directory, not a file')
  t.same(inTheWay.differs, [])
})

t.test('results have the names of Ansible', async (t) => {
  const changed = simulate(module, args('backup: true'), { ...there, '/etc/ipsec.d/oci.conf': textFile('old\n') }, { controller })
  t.same(changed.result, {
    dest: '/etc/ipsec.d/oci.conf',
    state: 'file',
    mode: '0644',
    owner: 'root',
    group: 'root',
    size: 9,
    checksum: createHash('sha1').update('conn oci\n').digest('hex'),
    md5sum: createHash('md5').update('conn oci\n').digest('hex'),
    backup_file: '/etc/ipsec.d/oci.conf.30448921.2026-01-31@10:15:59~',
  })
  const same = simulate(module, args(''), { ...there, '/etc/ipsec.d/oci.conf': textFile('conn oci\n') }, { controller })
  t.equal(same.result['path'], '/etc/ipsec.d/oci.conf')
  t.same(simulate(module, args('force: no'), { ...there, '/etc/ipsec.d/oci.conf': textFile('x') }, { controller }).result, {
    dest: '/etc/ipsec.d/oci.conf',
  })
})

t.test('in a dry run the file may be unknown', async (t) => {
  const unknown = { '/etc/ipsec.d': new UnknownIn(), '/etc/ipsec.d/oci.conf': new UnknownIn() }
  const all = simulate(module, args('owner: root\ngroup: root\nmode: "0600"'), unknown, { controller, check: true })
  t.same(
    { ...(all.after['file'] as Record<string, Record<string, unknown>>)['/etc/ipsec.d/oci.conf'], content: 0 },
    { type: 'file', mode: '0600', owner: 'root', group: 'root', content: 0 },
  )
  const some = simulate(module, args(''), unknown, { controller, check: true })
  t.match((some.after['file'] as Record<string, unknown>)['/etc/ipsec.d/oci.conf'], { mode: KNOWN_AFTER_APPLY, owner: KNOWN_AFTER_APPLY })
  t.throws(() => simulate(module, args('force: false'), unknown, { controller, check: true }), UnknownStateError)
})

t.test('parameters', async (t) => {
  t.throws(() => simulate(module, args('validate: visudo -cf'), {}), /write %s/)
  t.throws(() => simulate(module, args('validate: visudo -cf "%s'), {}), /is not closed/)
  t.throws(() => simulate(module, args('mode: 644'), {}), /is not octal here/)
  t.throws(() => simulate(module, 'src: a\ndest: ""', {}), /cannot be empty/)
  t.throws(() => simulate(module, args('trim_block: true'), {}), /trim_block/)
  t.same(simulate(module, args("newline_sequence: '\\r\\n'"), there).params, {
    ...(simulate(module, args('newline_sequence: "\\r\\n"'), there).params as object),
  })
})
