import t from 'tap'
import type { UnknownStateError } from '../../../runner/contract/kinds.ts'
import { type ProbeTree } from '../../../runner/contract/kinds.ts'
import { file, query, type Probe } from '../../../runner/contract/resource.ts'
import { MemoryPort, type MemoryHost } from '../../../runner/port/memory/memory-port.ts'
import { Overlay } from '../../../runner/probe/overlay.ts'
import { ask, readState, type ProbeContext } from '../../../runner/probe/probe.ts'
import { NO_CLOUD } from '../../support/cloud.ts'

const host: MemoryHost = { files: { '/etc/x': 'x\n' }, queries: { 'cat /etc/names': 'x y\n', 'rpm -q frr': { exitCode: 1, stdout: '', stderr: 'no' } } }
const names = query('query:names', ['cat', '/etc/names'], (reply) => reply.stdout.trim().split(' '))

function context(port: MemoryPort, more: Partial<ProbeContext> = {}): ProbeContext {
  return { port, cloud: NO_CLOUD, become: undefined, overlay: undefined, liveUnknownBecause: undefined, ...more }
}

t.test('a tree is one round trip', async (t) => {
  const port = new MemoryPort(host)
  const { object } = await readState({ a: file('/etc/x', 'none'), deep: { names } }, context(port))
  t.same((object['deep'] as { names: unknown }).names, ['x', 'y'])
  t.equal(port.readCalls, 1)
})

t.test('equal reads are sent once', async (t) => {
  const port = new MemoryPort(host)
  await readState({ a: names, b: { c: names, d: file('/etc/x') }, e: file('/etc/x') }, context(port))
  t.equal(port.reads.length, 2)
})

t.test('a generator reads nothing twice', async (t) => {
  const port = new MemoryPort(host)
  const probe = function* (): Generator<ProbeTree, ProbeTree, never> {
    const { names: found } = (yield { names }) as { names: string[] }
    const tree = { names, files: Object.fromEntries(found.map((name) => [name, file(`/etc/${name}`, 'none')])) }
    yield tree
    return { ...tree, whole: file('/etc/x') }
  }
  const { object, leaves } = await readState(probe(), context(port))
  t.same(
    leaves.map(({ path }) => path.join('.')),
    ['names', 'files.x', 'files.y', 'whole'],
  )
  t.match(object, { names: ['x', 'y'], files: { x: { type: 'file' }, y: { type: 'absent' } }, whole: { type: 'file' } })
  t.same(
    port.reads.map((read) => (read.kind === 'file' ? `${read.path} ${read.content}` : read.argv.join(' '))),
    ['cat /etc/names', '/etc/x none', '/etc/y none', '/etc/x bytes'],
  )
  t.equal(port.readCalls, 3)
})

t.test('a generator without an end', async (t) => {
  const endless = function* (): Generator<ProbeTree, ProbeTree, never> {
    for (;;) yield {}
  }
  await t.rejects(readState(endless(), context(new MemoryPort())), /more rounds/)
})

t.test('only what reads is sent', async (t) => {
  const port = new MemoryPort(host)
  const writes = query('query:bad', ['rm', '-rf', '/'], () => null)
  await t.rejects(readState({ writes }, context(port)), { name: 'DiagnosticError' })
  await t.rejects(ask([writes], context(port)), { name: 'DiagnosticError' })
  t.equal(port.readCalls, 0)
})

t.test('what does not answer, or answers nonsense', async (t) => {
  const table: [string, Probe<unknown>, RegExp][] = [
    ['a wrong exit code', query('query:frr', ['rpm', '-q', 'frr'], () => null), /exit code 1/],
    ['no such program', query('query:no', ['ls', '/'], () => null), /no program 'ls'/],
    [
      'a reply without a sense',
      query('query:names', ['cat', '/etc/names'], () => {
        throw new Error('not a number')
      }),
      /what the host answers about query:names makes no sense/,
    ],
  ]
  for (const [name, probe, expected] of table) await t.rejects(readState({ probe }, context(new MemoryPort(host))), expected, name)
})

t.test('under what a dry run has predicted', async (t) => {
  const live = query('live:bgp', ['cat', '/etc/names'], (reply) => reply.stdout)
  const told = query('query:tree', ['cat', '/etc/names'], (reply) => reply.stdout, { tellsOf: ['file:/etc/*'] })
  const missing = query('query:no', ['ls', '/'], () => 1)
  const read = async (probe: Probe<unknown>, fill: (overlay: Overlay) => void, because?: string): Promise<unknown> => {
    const overlay = new Overlay()
    fill(overlay)
    const port = new MemoryPort(host)
    const { object } = await readState({ probe }, context(port, { overlay, liveUnknownBecause: because }))
    try {
      return object['probe']
    } catch (error) {
      return `${(error as UnknownStateError).cause} after ${port.readCalls} reads`
    }
  }
  const nothing = (): void => undefined
  t.equal(
    await read(file('/etc/x'), (overlay) => {
      overlay.predict('file:/etc/x', 'predicted', 'A')
    }),
    'predicted',
  )
  t.equal(
    await read(file('/etc/x'), (overlay) => {
      overlay.affectAll('A')
    }),
    'A after 0 reads',
  )
  t.match(
    await read(file('/etc/x'), (overlay) => {
      overlay.affect({ resource: 'file:/*', onlyIfAbsent: true }, 'A')
    }),
    { type: 'file' },
  )
  t.equal(
    await read(file('/etc/y'), (overlay) => {
      overlay.affect({ resource: 'file:/*', onlyIfAbsent: true }, 'A')
    }),
    'A after 1 reads',
  )
  t.equal(await read(live, nothing), 'x y\n')
  t.equal(await read(live, nothing, 'A'), 'A after 0 reads')
  t.equal(
    await read(told, (overlay) => {
      overlay.predict('file:/opt/x', 1, 'A')
    }),
    'x y\n',
  )
  t.equal(
    await read(told, (overlay) => {
      overlay.predict('file:/etc/x', 1, 'A')
    }),
    'A after 0 reads',
  )
  t.equal(
    await read(missing, (overlay) => {
      overlay.affect({ resource: 'file:/*', onlyIfAbsent: true }, 'A')
    }),
    'A after 1 reads',
  )
  await t.rejects(
    read(missing, (overlay) => {
      overlay.predict('file:/etc/x', 1, 'A')
    }),
    /no program 'ls'/,
  )
})
