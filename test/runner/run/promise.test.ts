/** What a run did is read back and compared with what was promised. */
import t from 'tap'
import type { MemoryHost } from '../../../runner/port/memory/memory-port.ts'
import { changesOf, play } from '../../support/playbook.ts'

/** A module that promises `wanted` in /state and does what `does` says; `more` is put into its definition. */
const liar = (does: string, more = ''): string => `
  export default ({ state, z, file, put, run, query, Content, StepFailure, KNOWN_AFTER_APPLY }) => state({
    summary: 'For tests.',
    params: () => z.object({ value: z.string().default('wanted') }).strict(),
    examples: [],
    probe: (p, promised) => ({ text: query('query:state', ['cat', '/state'], (reply) => reply.exitCode === 0 ? reply.stdout : null, { label: 'the state', okExitCodes: [0, 1] }), ...(promised?.along && { along: query('query:along', ['cat', '/along'], (reply) => reply.exitCode === 0 ? reply.stdout : null, { label: 'what comes along', okExitCodes: [0, 1] }) }) }),
    plan: (before, p) => ({ after: { text: p.value } }),
    *apply({ params: p }) { ${does} },
    ${more}
  })`
const right = `yield put('/state', Content.of(p.value), { mode: '0644' })`
const wrong = `yield put('/state', Content.of('other'), { mode: '0644' })`
const playbook = `- hosts: all\n  gather_facts: false\n  tasks:\n    - name: task\n      liar:\n      register: r\n      ignore_errors: true\n    - name: result\n      debug: {msg: "{{ r is changed }} {{ r is failed }}"}\n`

async function outcome(module: string, host: MemoryHost = {}, more: Parameters<typeof play>[1] = {}): ReturnType<typeof play> {
  return play(playbook, { files: { 'library/liar.mjs': module }, hosts: { a: host }, ...more })
}

t.test('a promise that is not kept', async (t) => {
  const table: [string, string, MemoryHost, object][] = [
    ['kept', liar(right), {}, { failure: undefined, changed: true }],
    [
      'another state',
      liar(wrong),
      {},
      { changed: true, failure: { diagnostic: { code: 'MODULE_BROKE_PROMISE' }, detail: 'the state: promised wanted, is other' } },
    ],
    [
      'nothing was done at all',
      liar(''),
      { files: { '/state': 'before' } },
      { changed: false, failure: { diagnostic: { code: 'MODULE_BROKE_PROMISE' }, detail: 'the state: promised wanted, is before' } },
    ],
    [
      'what comes along is read back as well',
      liar(
        right,
        `plan: (before, p) => ({ after: { text: p.value, along: 'also' } }), probe: (p, promised) => ({ text: query('query:state', ['cat', '/state'], (reply) => reply.stdout, { okExitCodes: [0, 1] }), along: query('query:along', ['cat', promised ? '/along' : '/nothing'], (reply) => reply.stdout || null, { label: 'what comes along', okExitCodes: [0, 1] }) })`,
      ),
      { files: { '/nothing': 'also' } },
      { failure: { detail: 'what comes along: promised also, is absent' } },
    ],
    [
      'what only applying can tell is any value',
      liar(wrong, 'plan: () => ({ after: { text: KNOWN_AFTER_APPLY } })'),
      {},
      { failure: undefined, changed: true },
    ],
    [
      'a refusal, after the rest was done',
      liar(right, `plan: (before, p) => ({ after: { text: p.value }, refusals: [{ summary: 'no such package', detail: 'words', hint: 'Do that.' }] })`),
      {},
      { changed: true, failure: { message: 'no such package', detail: 'words\nDo that.', diagnostic: { code: 'REFUSED' } } },
    ],
    [
      'a step that fails',
      liar(`yield run(['fails'])`),
      { run: () => ({ exitCode: 3, stdout: '', stderr: 'went wrong' }) },
      { changed: false, failure: { message: 'fails ended with exit code 3', detail: 'went wrong' } },
    ],
    [
      'a step that fails after another',
      liar(`${right}; yield run(['fails'])`),
      { run: () => 3 },
      { changed: true, failure: { diagnostic: { code: 'STEP_FAILED' } } },
    ],
    [
      'a reply that the module takes for a failure',
      liar(`throw new StepFailure('refused', yield run(['fails'], { okExitCodes: 'any' }))`),
      { run: () => ({ exitCode: 3, stdout: '', stderr: 'went wrong' }) },
      { failure: { message: 'refused', detail: 'went wrong' } },
    ],
    [
      'an event alone counts as a change',
      liar('', `events: () => [{ name: 'restart', target: 'frr.service' }]`),
      { files: { '/state': 'wanted' } },
      { changed: true, failure: undefined },
    ],
    ['nothing to do', liar(wrong), { files: { '/state': 'wanted' } }, { changed: false, failure: undefined }],
  ]
  for (const [name, module, host, expected] of table) t.match((await outcome(module, host)).of('task'), expected, name)
})

t.test('what a failed change is to the rest of the run', async (t) => {
  const { of, stats } = await outcome(liar(wrong))
  t.equal(of('result').data.get('msg'), 'True True')
  t.match(stats.get('a'), { changed: 1, ignored: 1 })
})

t.test('a secret in what was promised, and what is there instead of it', async (t) => {
  const { human, json, of } = await outcome(
    liar(`yield put('/state', Content.of('old-key-000'), { mode: '0644' })`, `plan: () => ({ after: { text: 'new-key-123' } })`),
    {},
    { secrets: ['new-key-123'] },
  )
  t.equal(of('task').failure?.detail, 'the state: is not what was promised; it holds a secret')
  t.notMatch(human + json, /old-key-000|new-key-123/)
})

t.test('a state that has to settle', async (t) => {
  /** Each reading of /state pops a value. */
  const flaky = (...values: string[]): MemoryHost => {
    const queue = ['before', ...values]
    return { queries: (argv) => (argv[1] === '/state' ? (queue.length > 1 ? queue.shift() : queue[0]) : undefined) }
  }
  const settles = (more: string): string =>
    liar(
      `yield run(['true'])`,
      `settles: { withinMs: 600, when: (state) => state.text === 'wanted', ${more} }, evidence: () => [query('query:log', ['cat', '/log'], (reply) => reply.stdout, { label: 'log' })]`,
    )
  const log = { files: { '/log': 'daemon: bad line 3\n' }, run: () => 0 }
  const table: [string, string, MemoryHost, object][] = [
    ['at once', settles(''), flaky('wanted'), { failure: undefined, changed: true }],
    ['after a while', settles(''), flaky('starting', 'starting', 'wanted'), { failure: undefined }],
    [
      'never, with evidence',
      settles(''),
      flaky('starting'),
      {
        failure: {
          diagnostic: { code: 'DID_NOT_SETTLE' },
          message: 'the state did not settle within 0.6 s',
          detail: 'the state: starting\nlog:\ndaemon: bad line 3',
        },
      },
    ],
    [
      'reached and lost again',
      settles('staysMs: 700,'),
      flaky('wanted', 'failed'),
      { failure: { diagnostic: { code: 'DID_NOT_SETTLE' }, message: /^the state was reached and lost again within 0\.\d s$/, detail: /the state: failed/ } },
    ],
    ['it stays', settles('staysMs: 300,'), flaky('wanted'), { failure: undefined }],
    ['not needed', settles('needed: () => false,'), flaky('wanted', 'lost'), { failure: undefined }],
    [
      'it can no longer come',
      settles(`when: () => { throw new Error('the unit has failed') },`),
      flaky('starting'),
      { failure: { diagnostic: { code: 'DID_NOT_SETTLE' }, message: 'the unit has failed' } },
    ],
    [
      'by what is watched beside it',
      settles(
        `watch: () => ({ log: query('query:log', ['cat', '/log'], (reply) => reply.stdout) }), when: (state, p, { watched, elapsedMs }) => watched.log.startsWith('daemon') && elapsedMs >= 0,`,
      ),
      flaky('wanted'),
      { failure: undefined },
    ],
    [
      'settled, and not what was promised',
      settles('when: () => true,'),
      flaky('other'),
      { failure: { diagnostic: { code: 'MODULE_BROKE_PROMISE' }, detail: 'the state: promised wanted, is other\nlog:\ndaemon: bad line 3' } },
    ],
  ]
  const lags = liar(`yield run(['true'])`, 'lagsMs: 600,')
  table.push(
    ['what is read lags', lags, flaky('before', 'before', 'wanted'), { failure: undefined, changed: true }],
    [
      'what is read lags too long',
      lags,
      flaky('before'),
      { failure: { diagnostic: { code: 'MODULE_BROKE_PROMISE' }, detail: 'the state: promised wanted, is before' } },
    ],
  )
  for (const [name, module, host, expected] of table) t.match((await outcome(module, { ...log, ...host })).of('task'), expected, name)
})

t.test('a defect of a module is told as such, not as a failure of the host', async (t) => {
  await t.rejects(outcome(liar(`throw new TypeError('oops')`)), { name: 'TypeError' })
})

t.test('an assertion is read until it holds or its time is over', async (t) => {
  const module = (wait: string): string => `
    export default ({ read, z, query }) => read({
      summary: 'For tests.', params: () => z.object({}).strict(), examples: [],
      probe: () => ({ text: query('live:text', ['cat', '/state'], (reply) => reply.stdout) }),
      missing: (state) => state.text === 'up' ? [] : ['it is ' + state.text, 'so it is not up'],
      ${wait}
      evidence: () => [query('query:log', ['cat', '/log'], (reply) => reply.stdout, { label: 'log' })],
      result: ({ state }) => ({ text: state.text }),
    })`
  const host = (...values: string[]): MemoryHost => ({
    files: { '/log': 'words' },
    queries: (argv) => (argv[1] === '/state' ? (values.length > 1 ? values.shift() : values[0]) : undefined),
  })
  const waits = 'wait: () => ({ timeoutMs: 500, intervalMs: 20 }),'
  t.match((await outcome(module(waits), host('down', 'down', 'up'))).of('task'), { failure: undefined, changed: false })
  t.match((await outcome(module(waits), host('down'))).of('task'), {
    failure: { message: /^2 things are missing after \d+ s$/, detail: 'it is down\nso it is not up\nlog:\nwords' },
  })
  t.match((await outcome(module(''), host('down', 'up'))).of('task'), { failure: { message: '2 things are missing' } })
  t.match(
    (await outcome(module(waits), host('down', 'up'), { options: { check: true } })).of('task'),
    { failure: { message: '2 things are missing' } },
    'a dry run looks once',
  )
})

t.test('later tasks see what earlier ones wrote, wherever', async (t) => {
  const { story, of, ports } = await play(
    `- hosts: all
  gather_facts: false
  tasks:
    - {name: one, lineinfile: {path: /x, line: one}}
    - {name: two, lineinfile: {path: /x, line: two}}
    - {name: at b, lineinfile: {path: /x, line: "from {{ inventory_hostname }}"}, delegate_to: b, run_once: true}
    - {name: there, lineinfile: {path: /x, line: from a}}
    - {name: command, command: rm /x}
    - {name: new, copy: {content: new, dest: /x, mode: "0644"}}
    - {name: read, slurp: {src: /x}}
`,
    { hosts: { a: { files: { '/x': '' } }, b: { files: { '/x': '' } } } },
  )
  t.strictSame(
    story.filter((line) => line.startsWith('there')),
    ['there a: changed', 'there b: ok'],
  )
  t.strictSame(changesOf(of('two', 'a')), ['/x: "one\\n" → "one\\ntwo\\n"'])
  t.equal(ports['b']!.text('/x'), 'new')
  t.equal(of('read', 'a').data.get('content'), Buffer.from('new').toString('base64'))
})
