import t from 'tap'
import command from '../../../modules/command.ts'
import file from '../../../modules/file.ts'
import find from '../../../modules/find.ts'
import stat from '../../../modules/stat.ts'
import type { Module, StateModule } from '../../../runner/contract/kinds.ts'
import { MemoryPort } from '../../../runner/port/memory/memory-port.ts'
import { withHostPaths } from '../../../runner/run/host-paths.ts'
import { NO_CLOUD } from '../../support/cloud.ts'

const no = { exitCode: 1, stdout: '', stderr: '' }
const HOST = {
  queries: {
    'printenv HOME': '/home/ann\n',
    'printenv D': 'd\n',
    'printenv ROOT': '/\n',
    'printenv NONE': no,
    pwd: '/home/ann\n',
    'getent passwd bob': 'bob:x:1:1::/srv/bob:/bin/sh\n',
    'getent passwd nobody-here': { ...no, exitCode: 2 },
  },
}

async function completed(module: Module, args: unknown, environment: Record<string, string> = {}): Promise<{ params: Record<string, unknown>; reads: number }> {
  const port = new MemoryPort(HOST)
  const context = { port, cloud: NO_CLOUD, become: undefined, overlay: undefined, liveUnknownBecause: undefined }
  const params = await withHostPaths(module, module.params().parse(args), environment, context)
  return { params: params as Record<string, unknown>, reads: port.readCalls }
}

t.test('paths as Python’s expandvars and expanduser make them, relative ones from the user’s folder', async (t) => {
  for (const [written, expected] of [
    ['~/x', '/home/ann/x'],
    ['~', '/home/ann'],
    ['~bob/.ssh/', '/srv/bob/.ssh/'],
    ['~nobody-here/x', '/home/ann/~nobody-here/x'],
    ['/a/$D/${D}e/$NONE/$', '/a/d/de/$NONE/$'],
    ['$HOME/x', '/home/ann/x'],
    ['etc//x', '/home/ann/etc/x'],
    ['./x', '/home/ann/x'],
    ['a~/x', '/home/ann/a~/x'],
  ] as const)
    t.equal((await completed(stat, { path: written })).params['path'], expected, written)
})

t.test('the task’s own environment comes first', async (t) => {
  t.equal((await completed(stat, { path: '~/$D' }, { HOME: '/root', D: 'e' })).params['path'], '/root/e')
})

t.test('a whole path costs no read', async (t) => {
  t.equal((await completed(stat, { path: '/etc/hosts' })).reads, 0)
})

t.test('lists, targets of links, and what is not a path', async (t) => {
  t.same((await completed(find, { paths: '~/a,/b' })).params['paths'], ['/home/ann/a', '/b'])
  t.match((await completed(file, { path: '~/l', src: 'x/$D', state: 'link' })).params, { path: '/home/ann/l', src: 'x/d', state: 'link' })
  t.match((await completed(command, { cmd: 'echo ~', chdir: '~', creates: 'x' })).params, { cmd: 'echo ~', chdir: '/home/ann', creates: 'x' })
})

t.test('the root is not removed by way of a variable', async (t) => {
  const { params } = await completed(file, { path: '$ROOT', state: 'absent' })
  const planned = (file as StateModule).plan({ file: { '/': { type: 'directory' } } }, params)
  t.match(planned, { refusals: [{ summary: '/ is not removed' }] })
})
