import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Content } from '../../../../runner/contract/content.ts'
import { query, sysctlValue, unit, type FileReply, type QueryReply, type HostRead } from '../../../../runner/contract/resource.ts'
import { put, run } from '../../../../runner/contract/step.ts'
import { LocalTransport } from '../../../../runner/port/local/transport.ts'
import { MemoryPort } from '../../../../runner/port/memory/memory-port.ts'
import type { Port } from '../../../../runner/port/port.ts'
import { ShellPort } from '../../../../runner/port/shell/shell-port.ts'
import { scratch } from '../support/folder.ts'
import { refused } from '../support/refused.ts'

const ME = { become: undefined }

t.test('files do as they do on a real host', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const folder = scratch((end) => t.teardown(end))
  mkdirSync(join(folder, 'files'))
  const real = new ShellPort(new LocalTransport('real', process.env))
  t.teardown(() => real.close())

  /** One history, in words; `@` is the folder. After each step both hosts have to tell the same of every path. */
  const history: readonly (readonly [string, ...string[]])[] = [
    ['mkdir', '@/a'],
    ['mkdir', '@/a'],
    ['mkdir', '@/no/where'],
    ['mkdir', '-p', '-m', '700', '@/a/b/c'],
    ['mkdir', '-p', '@/a/b/c'],
    ['mkdir', '--mode=0750', '--', '@/-dash'],
    ['put', '@/a/file', 'content', '0640'],
    ['put', '@/no/file', 'content', '0640'],
    ['put', '@/a', 'content', '0640'],
    ['chmod', '0600', '@/a/file'],
    ['chmod', '4755', '@/a/file'],
    ['chmod', '644', '@/absent'],
    ['chown', 'daemon', '@/a/file'],
    ['chown', 'root:daemon', '@/a/file'],
    ['chown', ':root', '@/a/file'],
    ['chgrp', 'daemon', '@/a'],
    ['chown', '-R', 'daemon:daemon', '@/a'],
    ['chmod', '-R', '0755', '@/a'],
    ['ln', '-s', 'a/file', '@/link'],
    ['ln', '-s', 'other', '@/link'],
    ['ln', '-sfn', '@/a', '@/link'],
    ['ln', '-s', '@/a', '@/link/inside'],
    ['chown', '-h', 'daemon', '@/link'],
    ['chown', 'root', '@/link'],
    ['put', '@/link/through', 'through the link', '0644'],
    ['cp', '@/a/file', '@/copy'],
    ['cp', '-p', '@/a/file', '@/copy-p'],
    ['cp', '@/a/file', '@/a/b'],
    ['cp', '@/a', '@/tree'],
    ['cp', '-a', '@/a', '@/tree'],
    ['cp', '-a', '@/a', '@/tree'],
    ['cp', '@/absent', '@/x'],
    ['mv', '@/copy', '@/moved'],
    ['mv', '@/moved', '@/a'],
    ['mv', '@/absent', '@/x'],
    ['mv', '-T', '@/copy-p', '@/link'],
    ['mv', '@/a/b', '@/b'],
    ['mv', '-T', '@/link', '@/a'],
    ['ln', '-s', '@/nowhere', '@/dangling'],
    ['put', '@/dangling', 'no longer', '0600'],
    ['ln', '@/dangling', '@/hard'],
    ['chmod', '0611', '@/hard'],
    ['touch', '@/touched'],
    ['rmdir', '@/a'],
    ['rmdir', '@/touched'],
    ['rmdir', '@/b/c'],
    ['rm', '@/a'],
    ['rm', '@/absent'],
    ['rm', '-f', '@/absent'],
    ['rm', '@/touched'],
    ['rm', '-rf', '@/a'],
    ['rm', '-r', '--', '@/-dash'],
  ]
  const paths = [
    ...new Set(history.flat().filter((word) => word.startsWith('@/'))),
    ...['@/a/copy', '@/a/moved', '@/a/b/file', '@/tree/a/file', '@/tree/file', '@/tree/b/c', '@/tree/inside', '@/b/file', '@/a/inside', '@/hard'],
  ]
  const reads = (root: string): HostRead[] => paths.map((path) => ({ kind: 'file', path: path.replace('@', root), content: 'bytes' }))
  const memory = new MemoryPort({ files: { '/root/files': { type: 'directory' } } })

  async function tell(port: Port, root: string, step: readonly [string, ...string[]]): Promise<unknown> {
    const [program, ...operands] = step.map((word) => word.replace('@', root)) as [string, ...string[]]
    const did =
      program === 'put'
        ? await port
            .put(put(operands[0]!, Content.of(operands[1]!), { mode: operands[2]! }), ME)
            .catch((error: unknown) => ({ exitCode: (error as Error).message.replace(root, '@') }))
        : await port.run(run([program, ...operands]), ME)
    const outcomes = await port.read(reads(root), ME)
    const states = outcomes.map((outcome, index) => {
      const { state, stat } = (outcome as { reply: FileReply }).reply
      const plain =
        state.type === 'file'
          ? { ...state, content: state.content.text }
          : state.type === 'link'
            ? { ...state, target: state.target.replace(root, '@') }
            : state
      // The sizes of folders are the file system's own matter, and so are times.
      return [paths[index], { ...plain, ...(state.type === 'file' && { sizeBytes: stat?.sizeBytes }) }]
    })
    return { exitCode: did.exitCode, states: Object.fromEntries(states) as unknown }
  }
  for (const step of history) t.same(await tell(memory, '/root/files', step), await tell(real, join(folder, 'files'), step), step.join(' '))
})

t.test('files are given by their content, or more', async (t) => {
  const port = new MemoryPort({
    files: {
      '/etc/motd': 'hello\n',
      '/etc/secret': { content: Buffer.from([0, 255]), mode: '0600', owner: 'frr', group: '77', mtimeSeconds: 5 },
      '/etc/frr': { type: 'directory', owner: 'frr' },
      '/etc/link': { type: 'link', target: 'motd' },
    },
  })
  const file = (path: string, content: 'none' | 'digest' | 'bytes' = 'bytes', maxBytes?: number): HostRead => ({
    kind: 'file',
    path,
    content,
    ...(maxBytes !== undefined && { maxBytes }),
  })
  const outcomes = await port.read(
    [
      file('/etc/motd'),
      file('/etc/motd', 'digest'),
      file('/etc/motd', 'bytes', 5),
      file('/etc/secret'),
      file('/etc/frr'),
      file('/etc/link'),
      file('/etc'),
      file('/x'),
    ],
    ME,
  )
  t.match(outcomes, [
    {
      reply: {
        state: { type: 'file', mode: '0644', owner: 'root', group: 'root', content: { text: 'hello\n', sizeBytes: 6 } },
        stat: { uid: 0, gid: 0, sizeBytes: 6, links: 1, atimeSeconds: 0, mtimeSeconds: 0 },
      },
    },
    { reply: { state: { content: { sha256: Content.of('hello\n').sha256, bytes: undefined } } } },
    { reply: { state: { content: { sha256: Content.of('hello\n').sha256, bytes: undefined } } } },
    { reply: { state: { mode: '0600', owner: 'frr', group: '77', content: { text: undefined, sizeBytes: 2 } }, stat: { gid: 77, mtimeSeconds: 5 } } },
    { reply: { state: { type: 'directory', owner: 'frr' } } },
    { reply: { state: { type: 'link', target: 'motd' } } },
    { reply: { state: { type: 'directory', mode: '0755' } } },
    { reply: { state: { type: 'absent' } } },
  ])
  t.equal(port.readCalls, 1)
  t.equal(port.reads.length, 8)
  t.equal(port.text('/etc/link'), 'hello\n')
  t.equal(port.text('/etc/frr'), undefined)
})

t.test('queries', async (t) => {
  const port = new MemoryPort({
    sysctls: { 'net.ipv4.ip_forward': '0' },
    units: { 'frr.service': { ActiveState: 'inactive' } },
    queries: { 'ipsec --version': 'Libreswan 4.10\n', 'test -e /x': 1, 'vtysh -c show': { exitCode: 3, stdout: '', stderr: 'no daemon\n' } },
    files: { '/etc/os-release': 'ID=debian\n', '/etc/link': { type: 'link', target: '/etc/os-release' } },
  })
  const ask = async (...argv: [string, ...string[]]) =>
    (await port.read([{ kind: 'query', argv, okExitCodes: [0, 1, 3, 127, 255] }], ME))[0] as { reply: QueryReply }
  t.same((await ask('ipsec', '--version')).reply, { exitCode: 0, stdout: 'Libreswan 4.10\n', stderr: '' })
  t.equal((await ask('test', '-e', '/x')).reply.exitCode, 1)
  t.equal((await ask('cat', '/etc/os-release')).reply.stdout, 'ID=debian\n')
  t.equal((await ask('readlink', '-f', '/etc/link')).reply.stdout, '/etc/os-release\n')
  t.match((await ask('frobnicate')).reply, { exitCode: 127, stderr: /not found/ })
  const probes = [sysctlValue('net.ipv4.ip_forward'), sysctlValue('net.ipv4.nothing'), unit('frr.service'), unit('absent.service')]
  const outcomes = await port.read(
    probes.map((probe) => probe.read),
    ME,
  )
  t.match(
    outcomes.map((outcome, index) => probes[index]!.parse((outcome as { reply: never }).reply)),
    ['0', null, { loaded: 'loaded', active: 'inactive', enabled: 'enabled' }, { loaded: 'not-found' }],
  )
  t.match(await port.read([query('query:x', ['vtysh', '-c', 'show'], String).read], ME), [
    { problem: { code: 'PROBE_FAILED', summary: "'vtysh -c show' ended with exit code 3", detail: 'no daemon' } },
  ])
  t.match(await port.read([query('query:x', ['cat', '/etc/os-release'], String, { maxBytes: 5 }).read], ME), [{ problem: { code: 'LIMIT_EXCEEDED' } }])
  port.sysctls.set('net.ipv4.ip_forward', '1')
  t.equal((await ask('sysctl', '-n', 'net.ipv4.ip_forward')).reply.stdout, '1\n')
  const byFunction = new MemoryPort({ queries: (argv, host) => (argv[0] === 'count' ? String(host.readCalls) : undefined) })
  t.match(await byFunction.read([{ kind: 'query', argv: ['count'] }], ME), [{ reply: { stdout: '1' } }])
})

t.test('steps are remembered, and answered by the test or done', async (t) => {
  const port = new MemoryPort({
    files: { '/etc/frr/daemons': 'bgpd=no\n' },
    run: (step, host) => {
      if (step.argv[0] !== 'sysctl') return undefined
      const [key, value] = step.argv[2]!.split('=')
      host.sysctls.set(key!, value!)
      return `${step.argv[2]}\n`
    },
    validate: (argv, content) => (content.includes('bad') ? { exitCode: 2, stdout: '', stderr: `${argv[0]}: bad\n` } : undefined),
  })
  const root = { become: { method: 'sudo', user: 'frr' } } as const
  t.same(await port.run(run(['sysctl', '-w', 'a.b=1']), ME), { exitCode: 0, stdout: 'a.b=1\n', stderr: '' })
  t.equal(port.sysctls.get('a.b'), '1')
  t.equal((await port.run(run(['frobnicate']), ME)).exitCode, 127)
  await port.run(run(['mkdir', 'new'], { chdir: '/etc', environment: { B: '2' } }), { become: root.become, environment: { A: '1' } })
  t.match(port.files.look('/etc/new'), { type: 'directory', owner: 'frr' })
  t.match(port.runs.at(-1), { become: { user: 'frr' }, environment: { A: '1', B: '2' } })
  t.match(await refused(port.run(run(['true'], { chdir: '/nowhere' }), ME)), {
    code: 'STEP_FAILED',
    summary: "cannot change to folder '/nowhere' to run 'true'",
  })
  t.same(await port.put(put('/etc/frr/daemons', Content.of('bgpd=yes\n'), { mode: '640', validate: ['check', '%s'] }), root), {
    exitCode: 0,
    stdout: '',
    stderr: '',
  })
  t.match(port.files.look('/etc/frr/daemons'), { mode: '0640', owner: 'frr', group: 'frr' })
  t.equal(port.text('/etc/frr/daemons'), 'bgpd=yes\n')
  t.equal((await port.put(put('/etc/frr/daemons', Content.of('bad'), { mode: '0640', validate: ['check', '%s'] }), root)).exitCode, 2)
  t.equal(port.text('/etc/frr/daemons'), 'bgpd=yes\n')
  const source = join(
    scratch((end) => t.teardown(end)),
    'source',
  )
  writeFileSync(source, 'from the controller')
  const sha256 = execFileSync('sha256sum', [source], { encoding: 'utf8' }).split(' ')[0]!
  await port.put(put('/copied', Content.controllerFile(source, sha256, 19), { mode: '0644', owner: 'a', group: 'b' }), ME)
  t.match(port.files.look('/copied'), { owner: 'a', group: 'b' })
  t.equal(port.text('/copied'), 'from the controller')
  t.same([port.runs.length, port.puts.length, port.readCalls], [4, 3, 0])
  await port.close()
  t.ok(port.closed)
})
