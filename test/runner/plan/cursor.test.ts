import t from 'tap'
import type { CompiledItem } from '../../../runner/plan/compiled.ts'
import { comparePositions, Cursor } from '../../../runner/plan/cursor.ts'
import { block, nameOf, task } from './support.ts'

/** What one host runs, with the tasks that fail marked, and whether it is out in the end. */
function walk(items: readonly CompiledItem[], fails: (name: string) => boolean): string {
  const cursor = new Cursor(items)
  const story: string[] = []
  let last: readonly number[] | undefined
  for (let next = cursor.next(); next; next = cursor.next()) {
    if (last && comparePositions(last, next.position) >= 0) story.push('BACKWARDS')
    last = next.position
    const name = next.item.kind === 'task' ? nameOf(next.item) : next.item.kind
    const failing = fails(name)
    story.push(failing ? `${name}!` : name)
    if (failing) cursor.fail()
    else cursor.succeed()
  }
  return `${story.join(' ')}${cursor.failed ? ' out' : ''}`
}

/** The same, as the definition of blocks says it: true where the items were left by a failure. */
function model(items: readonly CompiledItem[], fails: (name: string) => boolean, story: string[]): boolean {
  for (const item of items) {
    if (item.kind === 'flush') story.push('flush')
    else if (item.kind === 'task') {
      const name = nameOf(item)
      story.push(fails(name) ? `${name}!` : name)
      if (fails(name)) return true
    } else if (item.kind === 'block') {
      let failed = model(item.block, fails, story)
      if (failed && item.rescue.length > 0) failed = model(item.rescue, fails, story)
      failed = model(item.always, fails, story) || failed
      if (failed) return true
    }
  }
  return false
}

const tree = [task('a'), block([task('b'), task('c')], [task('r'), task('s')], [task('x')]), { kind: 'flush' } as const, task('z')]

t.test('blocks, rescues, always', async (t) => {
  for (const [failing, expected] of [
    ['', 'a b c x flush z'],
    ['a', 'a! out'],
    ['b', 'a b! r s x flush z'],
    ['b r', 'a b! r! x out'],
    ['b x', 'a b! r s x! out'],
    ['x', 'a b c x! out'],
  ] as const)
    t.equal(
      walk(tree, (name) => failing.split(' ').includes(name)),
      expected,
      failing,
    )
})

t.test('nested blocks', async (t) => {
  const nested = [block([block([task('b')], [], [task('i')]), task('n')], [block([task('r')], [task('rr')])], [block([task('x')])]), task('z')]
  for (const [failing, expected] of [
    ['b', 'b! i r x z'],
    ['b r', 'b! i r! rr x z'],
    ['b r rr', 'b! i r! rr! x out'],
    ['b i', 'b! i! r x z'],
    ['n', 'b i n! r x z'],
  ] as const)
    t.equal(
      walk(nested, (name) => failing.split(' ').includes(name)),
      expected,
      failing,
    )
})

t.test('whether a failure goes on outwards', async (t) => {
  const cursor = new Cursor([block([task('b')], [task('r')], [task('x')]), block([task('c')], [], [task('y')])])
  const seen: (string | boolean)[] = []
  for (let next = cursor.next(); next; next = cursor.next()) {
    const name = next.item.kind === 'task' ? nameOf(next.item) : ''
    seen.push(name, cursor.failing)
    if (name === 'b' || name === 'c') seen.push(cursor.fail())
    else cursor.succeed()
  }
  t.strictSame(seen, ['b', false, 'rescue', 'r', false, 'x', false, 'c', false, 'always', 'y', true])
  t.ok(cursor.failed)
})

t.test('nothing to do', async (t) => {
  t.equal(new Cursor([]).next(), undefined)
  t.equal(
    walk([block([])], () => false),
    '',
  )
  t.equal(
    walk([block([], [task('r')], [task('x')])], () => false),
    'x',
  )
})

t.test('any tree, any failures: as the model has it', async (t) => {
  let seed = 1
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
  let count = 0
  const items = (depth: number, atLeast: number): CompiledItem[] =>
    Array.from({ length: atLeast + random(3) }, (): CompiledItem => {
      const kind = random(5)
      if (kind === 0) return { kind: 'flush' }
      if (kind < 3 || depth === 0) return task(`t${count++}`)
      return block(items(depth - 1, 0), items(depth - 1, 0), items(depth - 1, 0))
    })
  for (let round = 0; round < 2000; round++) {
    const made = items(4, 1)
    const failing = new Set(Array.from({ length: random(6) }, () => `t${count - 1 - random(10)}`))
    const story: string[] = []
    const out = model(made, (name) => failing.has(name), story)
    const expected = `${story.join(' ')}${out ? ' out' : ''}`
    const actual = walk(made, (name) => failing.has(name))
    if (actual !== expected) t.equal(actual, expected, `round ${round}`)
  }
  t.pass('2000 trees')
})
