import t from 'tap'
import { Content } from '../../../runner/contract/content.ts'
import { KNOWN_AFTER_APPLY } from '../../../runner/contract/kinds.ts'
import { file, query } from '../../../runner/contract/resource.ts'
import { compare } from '../../../runner/diff/compare.ts'
import { printState, show } from '../../../runner/diff/show.ts'
import { leavesOf, stateObject, type LeafState } from '../../../runner/probe/state.ts'
import { Secrets } from '../../../runner/resolve/secrets.ts'
import { Unknown } from '../../../runner/value/value.ts'
import { shownLine } from '../../support/playbook.ts'

const text = (content: string, more: object = {}) => ({ type: 'file', mode: '0644', owner: 'root', group: 'root', content: Content.of(content), ...more })
const absent = { type: 'absent' }

/** What is shown of one resource's way from a state to another. */
function shown(
  resource: 'file' | 'sysctl',
  before: unknown,
  after: unknown,
  options: { secrets?: string[]; secretFiles?: string[] } = {},
): { lines: string[]; secretFiles: string[] } {
  const secrets = new Secrets()
  for (const secret of options.secrets ?? []) secrets.add(secret)
  const secretFiles = new Set(options.secretFiles)
  const leaves = leavesOf({ it: resource === 'file' ? file('/etc/x') : query('sysctl:a.b', ['sysctl', '-n', 'a.b'], () => null, { label: 'a.b (kernel)' }) })
  const state: LeafState = before instanceof Unknown ? { known: false, cause: before.cause } : { known: true, value: before }
  const differs = compare(stateObject(leaves, [state]), { it: after })
  return { lines: show(leaves, differs, [], { secrets, secretFiles }).map(shownLine), secretFiles: [...secretFiles] }
}

t.test('what a person is shown', async (t) => {
  const table: [string, Parameters<typeof shown>, string[]][] = [
    ['the same', ['file', text('a'), text('a')], []],
    ['a content', ['file', text('a\n'), text('b\n')], ['/etc/x: "a\\n" → "b\\n"']],
    ['attributes', ['file', text('a'), text('a', { mode: '0600', owner: 'frr' })], ['/etc/x mode: 0644 → 0600', '/etc/x owner: root → frr']],
    ['a new file', ['file', absent, text('a\n')], ['/etc/x: absent → file, 0644 root:root', '/etc/x: "" → "a\\n"']],
    ['a file that goes', ['file', text('a\n'), absent], ['/etc/x: file, 0644 root:root → absent', '/etc/x: "a\\n" → ""']],
    ['a link', ['file', absent, { type: 'link', target: '/y', owner: 'root', group: 'root' }], ['/etc/x: absent → link, root:root, to /y']],
    [
      'bytes that are no text',
      ['file', { ...text('a'), content: Content.of(Buffer.from([0, 1])) }, text('a')],
      [`/etc/x content: 2 bytes, sha256 ${Content.of(Buffer.from([0, 1])).sha256.slice(0, 12)}… → 1 bytes, sha256 ${Content.of('a').sha256.slice(0, 12)}…`],
    ],
    ['a value', ['sysctl', '0', '1'], ['a.b (kernel): 0 → 1']],
    ['a value that comes to be', ['sysctl', null, '1'], ['a.b (kernel): absent → 1']],
    ['a value that only applying can tell', ['sysctl', '0', KNOWN_AFTER_APPLY], ['a.b (kernel): 0 → (known after apply)']],
    [
      'a content that a dry run cannot know',
      ['file', text('a\n'), { ...text(''), content: Content.unknown('A') }],
      ['/etc/x content: 2 bytes → (known after apply)'],
    ],
    [
      'of a new file',
      ['file', { type: 'absent' }, { ...text(''), content: Content.unknown('A') }],
      ['/etc/x: absent → file, 0644 root:root', '/etc/x content: absent → (known after apply)'],
    ],
    [
      'from what a dry run cannot know',
      ['file', new Unknown('A'), text('a\n')],
      ['/etc/x mode: (unknown) → 0644', '/etc/x owner: (unknown) → root', '/etc/x group: (unknown) → root', '/etc/x: "" → "a\\n"'],
    ],
  ]
  for (const [name, args, expected] of table) t.same(shown(...args).lines, expected, name)
})

t.test('secrets, and what stood in their place', async (t) => {
  const secrets = ['new-key-123']
  const table: [string, Parameters<typeof shown>, string[]][] = [
    [
      'a new key for an old one that nobody registered',
      ['file', text('psk old-key-000\na\n'), text('psk new-key-123\na\n'), { secrets }],
      ['/etc/x: withheld (1 line removed, 1 added; it holds a secret)'],
    ],
    ['a key that goes', ['file', text('psk new-key-123\n'), text('\n'), { secrets }], ['/etc/x: withheld (1 line removed, 1 added; it holds a secret)']],
    [
      'a file that held one earlier in the run',
      ['file', text('psk old-key-000\n'), text('psk older\n'), { secretFiles: ['file:/etc/x'] }],
      ['/etc/x: withheld (1 line removed, 1 added; it holds a secret)'],
    ],
    [
      'into an unknown file',
      ['file', new Unknown('A'), text('psk new-key-123\n'), { secrets }],
      [
        '/etc/x mode: (unknown) → 0644',
        '/etc/x owner: (unknown) → root',
        '/etc/x group: (unknown) → root',
        '/etc/x: withheld (its content may differ; it holds a secret)',
      ],
    ],
    ['a value', ['sysctl', 'old-key-000', 'new-key-123', { secrets }], ['a.b (kernel): withheld (differs; it holds a secret)']],
    ['a list', ['sysctl', ['old-key-000'], ['x', 'new-key-123'], { secrets }], ['a.b (kernel): withheld (differs; it holds a secret)']],
    [
      'in base64',
      ['file', text('a\n'), text(`${Buffer.from('new-key-123').toString('base64')}\n`), { secrets }],
      ['/etc/x: withheld (1 line removed, 1 added; it holds a secret)'],
    ],
    [
      'where a file becomes binary',
      ['file', { ...text(''), content: Content.of(Buffer.from([0])) }, text('new-key-123'), { secrets }],
      ['/etc/x: withheld (its content differs; it holds a secret)'],
    ],
  ]
  for (const [name, args, expected] of table) t.same(shown(...args).lines, expected, name)
  t.same(shown('file', text('a'), text('new-key-123'), { secrets }).secretFiles, ['file:/etc/x'], 'the file is marked for the rest of the run')
})

t.test('a state as one line', async (t) => {
  const table: [unknown, string][] = [
    [KNOWN_AFTER_APPLY, '(known after apply)'],
    [new Unknown('A'), '(unknown)'],
    [null, 'absent'],
    [undefined, 'absent'],
    [true, 'yes'],
    [false, 'no'],
    ['', '""'],
    ['x', 'x'],
    [5, '5'],
    [Content.of('abc'), '3 bytes'],
    [['a', 1], '[a, 1]'],
    [{ a: 1, b: [true] }, '{a: 1, b: [yes]}'],
  ]
  for (const [state, expected] of table) t.equal(printState(state), expected)
})
