import t from 'tap'
import type { ReadModule } from '../../runner/module.ts'
import module from '../../modules/wait_for.ts'
import { socketsIn } from '../../modules/shared/tcp.ts'
import { answer, folder, link, parametersOf, simulateRead, textFile, UnknownIn } from '../support/module.ts'

/** From a Debian 12 host: 127.0.0.1:7777, 0.0.0.0:22 and [::]:22 listen; 10.0.0.5 is connected to port 22. */
const SOCKETS = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1E61 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21513 1 0000000000000000 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19411 1 0000000000000000 100 0 0 10 0
   2: 99EC000A:0016 0500000A:D431 01 00000000:00000000 02:000A7D6C 00000000     0        0 22101 2 0000000000000000 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19413 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:A3C2 06 00000000:00000000 03:00001700 00000000     0        0 0 3 0000000000000000
   2: 000080FE00000000FF0017024785000A:00B3 00000000000000000000000001000000:A3C2 08 00000000:00000000 03:00001700 00000000     0        0 0 3 0000000000000000
`
const sockets = { 'live:tcp sockets': answer(SOCKETS, 1) }

t.test('the table of sockets', async (t) => {
  t.strictSame(
    socketsIn(SOCKETS).map(({ localAddress, localPort, remoteAddress, state }) => `${localAddress} ${localPort} ${remoteAddress} ${state}`),
    [
      '127.0.0.1 7777 0.0.0.0 LISTEN',
      '0.0.0.0 22 0.0.0.0 LISTEN',
      '10.0.236.153 22 10.0.0.5 ESTABLISHED',
      ':: 22 :: LISTEN',
      '127.0.0.1 8080 127.0.0.1 TIME_WAIT',
      'fe80::217:ff:a00:8547 179 ::1 CLOSE_WAIT',
    ],
  )
})

t.test('ports and files', async (t) => {
  const refused = { 'live:tcp 10.9.9.9 22': answer('', 1, 'bash: connect: Connection refused\nbash: line 1: /dev/tcp/10.9.9.9/22: Connection refused\n') }
  const table: { args: string; host?: Record<string, unknown>; missing?: string[] }[] = [
    { args: 'port: 7777', host: sockets },
    { args: 'port: 22\nhost: localhost', host: sockets },
    { args: 'port: 22\nhost: "::1"\nstate: present', host: sockets },
    { args: 'port: 7777\nhost: "::1"', host: sockets, missing: ['::1:7777 takes no connections: nothing listens there'] },
    { args: 'port: 7778', host: sockets, missing: ['127.0.0.1:7778 takes no connections: nothing listens there'] },
    { args: 'port: 7778\nstate: stopped', host: sockets },
    { args: 'port: 22\nstate: absent', host: sockets, missing: ['127.0.0.1:22 still takes connections'] },
    { args: 'port: 22\nstate: drained', host: sockets },
    { args: 'port: 22\nstate: drained\nhost: 0.0.0.0', host: sockets, missing: ['1 connection to 0.0.0.0:22 (from 10.0.0.5)'] },
    { args: 'port: 22\nstate: drained\nhost: 10.0.236.153', host: sockets, missing: ['1 connection to 10.0.236.153:22 (from 10.0.0.5)'] },
    { args: 'port: 22\nstate: drained\nhost: 0.0.0.0\nexclude_hosts: 10.0.0.5', host: sockets },
    { args: 'port: 22\nstate: drained\nhost: 0.0.0.0\nactive_connection_states: [SYN_RECV]', host: sockets },
    { args: 'port: 22\nhost: 10.9.9.9', host: { 'live:tcp 10.9.9.9 22': answer('') } },
    { args: 'port: 22\nhost: 10.9.9.9', host: refused, missing: ['10.9.9.9:22 takes no connections: Connection refused'] },
    { args: 'port: 22\nhost: 10.9.9.9\nstate: stopped', host: refused },
    { args: 'port: 22\nhost: 10.9.9.9', host: { 'live:tcp 10.9.9.9 22': answer('', 124) }, missing: ['10.9.9.9:22 takes no connections: no answer in time'] },
    {
      args: 'port: 22\nhost: x.invalid',
      host: { 'live:tcp x.invalid 22': answer('', 1, 'bash: line 1: x.invalid: Name or service not known\n') },
      missing: ['x.invalid:22 takes no connections: Name or service not known'],
    },
    { args: 'port: 22\nsearch_regex: OpenSSH', host: { 'live:tcp greeting 127.0.0.1 22': answer('SSH-2.0-OpenSSH_9.2\n', 124) } },
    {
      args: 'port: 22\nsearch_regex: dropbear',
      host: { 'live:tcp greeting 127.0.0.1 22': answer('SSH-2.0-OpenSSH_9.2\n') },
      missing: ['127.0.0.1:22 says nothing that matches dropbear'],
    },
    { args: 'port: 22\nsearch_regex: x', host: { 'live:tcp greeting 127.0.0.1 22': answer('', 1) }, missing: ['127.0.0.1:22 takes no connections'] },
    { args: 'path: /run/x', host: { '/run/x': textFile('') } },
    { args: 'path: /run/x', host: { '/run/x': folder() } },
    { args: 'path: /run/x', host: { 'live:exists /run/x': false }, missing: ['/run/x does not exist'] },
    { args: 'path: /run/x\nstate: absent' },
    { args: 'path: /run/x\nstate: absent', host: { '/run/x': textFile(''), 'live:exists /run/x': true }, missing: ['/run/x still exists'] },
    { args: 'path: /run/x', host: { '/run/x': link('/nowhere'), 'live:exists /run/x': answer('', 1) }, missing: ['/run/x does not exist'] },
    { args: 'path: /run/x\nstate: absent', host: { '/run/x': link('/nowhere'), 'live:exists /run/x': answer('', 1) } },
    { args: 'path: /run/x\nsearch_regex: ^done$', host: { '/run/x': textFile('a\ndone\n') } },
    {
      args: 'path: /run/x\nsearch_regex: ^done$',
      host: { '/run/x': textFile('undone\n'), 'live:content /run/x': answer('undone\n') },
      missing: ['/run/x does not match ^done$'],
    },
    { args: 'path: /run/x\nsearch_regex: ^done$', host: { 'live:content /run/x': answer('', 1) }, missing: ['/run/x cannot be read'] },
    { args: 'path: /run/x\nsearch_regex: ^done$', host: { '/run/x': link('y'), 'live:content /run/x': answer('done\n') } },
    {
      args: 'path: /run/x\nsearch_regex: done\nstate: absent',
      host: { '/run/x': textFile('done\n'), 'live:content /run/x': answer('done\n') },
      missing: ['/run/x still matches done'],
    },
    { args: 'timeout: 10' },
  ]
  for (const { args, host = {}, missing = [] } of table) t.strictSame(simulateRead(module, args, host).missing, missing, args.replaceAll('\n', ', '))
})

t.test('what a dry run can know', async (t) => {
  const later = { 'live:exists /run/x': new UnknownIn('TASK [start it]') }
  t.strictSame(simulateRead(module, 'path: /run/x', { ...later, '/run/x': textFile('') }).missing, [], 'a file that a task before would write is there')
  t.throws(() => simulateRead(module, 'path: /run/x', later), { cause: 'TASK [start it]' }, 'another may come about by what a task before would start')
})

t.test('results', async (t) => {
  t.match(simulateRead(module, 'path: /run/x\nsearch_regex: "(?P<what>\\\\w+) (\\\\d+)"', { '/run/x': textFile('port 22\n') }).result, {
    path: '/run/x',
    port: null,
    match_groups: ['port', '22'],
    match_groupdict: { what: 'port' },
  })
})

t.test('what it says when the time is over', async (t) => {
  const table: [string, string][] = [
    ['path: /run/x', 'Timeout when waiting for file /run/x'],
    ['path: /run/x\nsearch_regex: a', 'Timeout when waiting for search string a in /run/x'],
    ['path: /run/x\nstate: absent', 'Timeout when waiting for /run/x to be absent.'],
    ['port: 22', 'Timeout when waiting for 127.0.0.1:22'],
    ['port: 22\nhost: a\nsearch_regex: b', 'Timeout when waiting for search string b in a:22'],
    ['port: 22\nstate: stopped', 'Timeout when waiting for 127.0.0.1:22 to stop.'],
    ['port: 22\nstate: drained', 'Timeout when waiting for 127.0.0.1:22 to drain'],
    ['port: 22\nmsg: no way in', 'no way in'],
  ]
  for (const [args, message] of table) t.equal((module as ReadModule).timedOut!(parametersOf(module, args)), message)
})

t.test('how long', async (t) => {
  const wait = (args: string) => (module as ReadModule).wait!(parametersOf(module, args))
  t.strictSame(wait('port: 1'), { timeoutMs: 300_000, intervalMs: 1000, delayMs: 0 })
  t.strictSame(wait('port: 1\ntimeout: 60\nsleep: 2\ndelay: 5'), { timeoutMs: 60_000, intervalMs: 2000, delayMs: 5000 })
  t.strictSame(wait('timeout: 7'), { timeoutMs: 7000, intervalMs: 1000, delayMs: 7000 })
})

t.test('parameters', async (t) => {
  for (const args of [
    'port: 1\npath: /x',
    'search_regex: SSH',
    'port: 1\nexclude_hosts: 10.0.0.1',
    'path: /x\nstate: drained',
    'port: 0',
    'path: /x\nsearch_regex: "("',
    'port: 1\nhost: "a b"',
    'port: 1\nhost: -x',
    'port: 1\nhost: "$(id)"',
  ]) {
    t.throws(() => parametersOf(module, args), args)
  }
})
