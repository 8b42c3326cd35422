import t from 'tap'
import { filterItems, isStart, selected } from '../../../runner/plan/tags.ts'
import { block, nameOf, task } from './support.ts'
import { tasksOf } from '../../../runner/plan/compiled.ts'

const TASKS = {
  none: [],
  a: ['a'],
  ab: ['a', 'b'],
  always: ['always'],
  alwaysA: ['always', 'a'],
  never: ['never'],
  neverA: ['never', 'a'],
  both: ['always', 'never'],
} as const

// What ansible-playbook 2.14 runs of these tasks.
const RULES: readonly (readonly [tags: string, skip: string, runs: string])[] = [
  ['', '', 'none a ab always alwaysA both'],
  ['all', '', 'none a ab always alwaysA both'],
  ['a', '', 'a ab always alwaysA neverA both'],
  ['b', '', 'ab always alwaysA both'],
  ['x', '', 'always alwaysA both'],
  ['never', '', 'always alwaysA never neverA both'],
  ['always', '', 'always alwaysA both'],
  ['tagged', '', 'a ab always alwaysA both'],
  ['untagged', '', 'none always alwaysA both'],
  ['all,never', '', 'none a ab always alwaysA never neverA both'],
  ['', 'a', 'none always both'],
  ['', 'always', 'none a ab'],
  ['', 'tagged', 'none'],
  ['', 'untagged', 'a ab always alwaysA both'],
  ['', 'all', 'always alwaysA both'],
  ['', 'all,always', ''],
  ['a', 'b', 'a always alwaysA neverA both'],
  ['never', 'a', 'always never both'],
  ['', 'never', 'none a ab always alwaysA'],
]

t.test('which tasks are selected', async (t) => {
  const list = (text: string): string[] => text.split(',').filter((tag) => tag !== '')
  for (const [tags, skip, runs] of RULES) {
    const chosen = Object.entries(TASKS).filter(([, own]) => selected(new Set(own), { tags: list(tags), skipTags: list(skip) }))
    t.equal(chosen.map(([name]) => name).join(' '), runs, `--tags '${tags}' --skip-tags '${skip}'`)
  }
})

t.test('filtering leaves flushes, and no empty blocks', async (t) => {
  const items = [task('a'), block([task('b')], [task('c')]), { kind: 'flush' } as const, block([task('d')])]
  const kept = filterItems(items, (each) => ['a', 'c'].includes(nameOf(each)))
  t.strictSame(
    kept.map(({ kind }) => kind),
    ['task', 'block', 'flush'],
  )
  t.strictSame([...tasksOf(kept)].map(nameOf), ['a', 'c'])
})

t.test('the task to start at', async (t) => {
  for (const [wanted, expected] of [
    ['install nginx', true],
    ['inst*', true],
    ['*nginx', true],
    ['install ngin?', true],
    ['Install nginx', false],
    ['nginx', false],
    ['install (x', false],
  ] as const)
    t.equal(isStart(['web : install nginx', 'install nginx'], wanted), expected, wanted)
  t.ok(isStart(['a[1]'], 'a[1]'))
})
