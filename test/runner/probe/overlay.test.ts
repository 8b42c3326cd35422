import t from 'tap'
import type { Affected } from '../../../runner/contract/kinds.ts'
import type { Resource } from '../../../runner/contract/resource.ts'
import { CloudPredictions, Overlay, isAbsent } from '../../../runner/probe/overlay.ts'

type Entry = ['predict', Resource, unknown, (string | undefined)?] | ['affect', Affected, string] | ['all', string]
const there = { type: 'file' }
const gone = { type: 'absent' }

function overlayOf(entries: readonly Entry[]): Overlay {
  const overlay = new Overlay()
  for (const entry of entries) {
    if (entry[0] === 'predict') overlay.predict(entry[1], entry[2], entry[3])
    else if (entry[0] === 'affect') overlay.affect(entry[1], entry[2])
    else overlay.affectAll(entry[1])
  }
  return overlay
}

t.test('what happened last counts', async (t) => {
  const file: Resource = 'file:/etc/x'
  const etc: Affected = { resource: 'file:/etc/*', onlyIfAbsent: true }
  const real = { kind: 'real' }
  const predicted = { kind: 'predicted', state: there }
  const unknown = (cause: string, onlyIfAbsent = false) => ({ kind: 'unknown', cause, onlyIfAbsent })
  const table: [string, Entry[], object][] = [
    ['nothing', [], real],
    ['another resource', [['predict', 'file:/etc/y', there]], real],
    [
      'a prediction',
      [
        ['predict', file, gone],
        ['predict', file, there],
      ],
      predicted,
    ],
    [
      'an action',
      [
        ['predict', file, there],
        ['all', 'A'],
      ],
      unknown('A'),
    ],
    [
      'a prediction after an action',
      [
        ['all', 'A'],
        ['predict', file, there],
      ],
      predicted,
    ],
    ['a pattern', [['affect', { resource: 'file:/etc/*' }, 'A']], unknown('A')],
    ['a pattern that is not it', [['affect', { resource: 'file:/opt/*' }, 'A']], real],
    ['an exact resource', [['affect', { resource: file }, 'A']], unknown('A')],
    ['only where it is absent: who knows', [['affect', etc, 'A']], unknown('A', true)],
    [
      'predicted to be there before',
      [
        ['predict', file, there],
        ['affect', etc, 'A'],
      ],
      predicted,
    ],
    [
      'predicted to be gone before',
      [
        ['predict', file, gone],
        ['affect', etc, 'A'],
      ],
      unknown('A'),
    ],
    [
      'predicted before two of them',
      [
        ['predict', file, there],
        ['affect', etc, 'A'],
        ['affect', { resource: 'file:/*', onlyIfAbsent: true }, 'B'],
      ],
      predicted,
    ],
    [
      'predicted before one of another place and one of its own',
      [
        ['predict', file, there],
        ['affect', { resource: 'unit:*' }, 'A'],
        ['affect', etc, 'B'],
      ],
      predicted,
    ],
    [
      'an action before',
      [
        ['all', 'A'],
        ['affect', etc, 'B'],
      ],
      unknown('A'),
    ],
  ]
  for (const [name, entries, expected] of table) t.same(overlayOf(entries).lookup(file), expected, name)
})

t.test('who changed what a reply tells of', async (t) => {
  const table: [string, Entry[], Resource[], string | undefined][] = [
    ['nobody', [], ['file:/srv/*'], undefined],
    ['a file below', [['predict', 'file:/srv/x', there, 'A']], ['file:/srv/*'], 'A'],
    ['a file that was right already', [['predict', 'file:/srv/x', there, undefined]], ['file:/srv/*'], undefined],
    ['a file elsewhere', [['predict', 'file:/etc/x', there, 'A']], ['file:/srv/*'], undefined],
    ['a wider pattern', [['affect', { resource: 'file:/*' }, 'A']], ['file:/srv/*'], 'A'],
    ['a narrower pattern', [['affect', { resource: 'file:/srv/a/*' }, 'A']], ['file:/srv/*'], 'A'],
    ['an exact one', [['predict', 'file:/srv/x', there, 'A']], ['file:/srv/x'], 'A'],
    ['an action', [['all', 'A']], ['file:/srv/*'], 'A'],
  ]
  for (const [name, entries, tellsOf, expected] of table) t.equal(overlayOf(entries).changedBy(tellsOf), expected, name)
})

t.test('what says that a thing does not exist', async (t) => {
  for (const state of [null, gone, { loaded: 'not-found' }]) t.equal(isAbsent(state), true, JSON.stringify(state))
  for (const state of ['', 0, there, { loaded: 'loaded' }, []]) t.equal(isAbsent(state), false, JSON.stringify(state))
  t.equal(new Overlay().isEmpty, true)
  t.equal(overlayOf([['all', 'A']]).isEmpty, false)
})

t.test('the cloud is one for all hosts; what else is predicted is of a host alone', async (t) => {
  const cloud = new CloudPredictions()
  const [one, other] = [new Overlay(cloud), new Overlay(cloud)]
  one.predict('cloud:drg', there, 'TASK [a]')
  one.predict('file:/etc/x', there, 'TASK [b]')
  t.same(other.lookup('cloud:drg'), { kind: 'predicted', state: there })
  t.same(other.lookup('file:/etc/x'), { kind: 'real' })
  t.equal(other.changedBy(['cloud:drg']), 'TASK [a]')
  t.equal(other.changedBy(['file:/etc/x']), undefined)
  // A program on a host may ask the cloud too; in which order counts.
  other.affectAll('TASK [c]')
  t.match(other.lookup('cloud:drg'), { kind: 'unknown', cause: 'TASK [c]' })
  t.same(one.lookup('cloud:drg'), { kind: 'predicted', state: there })
  one.predict('cloud:drg', gone, 'TASK [d]')
  t.same(other.lookup('cloud:drg'), { kind: 'predicted', state: gone })
})
