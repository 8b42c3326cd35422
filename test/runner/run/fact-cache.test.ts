import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Diagnostic } from '../../../runner/diagnostic/diagnostic.ts'
import { FactCache, type FactCacheOptions } from '../../../runner/run/fact-cache.ts'
import { Dict, type Value } from '../../../runner/value/value.ts'

const FACTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['ansible_system', 'Linux'],
  ['mine', Dict.of({ a: [1, 'two', null] })],
])

function cacheIn(folder: string, options: Partial<FactCacheOptions> = {}): { cache: FactCache; warnings: Diagnostic[] } {
  const warnings: Diagnostic[] = []
  const cache = new FactCache({ folder: path.join(folder, 'kept'), prefix: '', lifeSeconds: 60, ...options }, (warning) => warnings.push(warning))
  return { cache, warnings }
}

t.test('facts are kept for their owner alone, and found by the next run', async (t) => {
  const folder = t.testdir({})
  cacheIn(folder).cache.write('a', FACTS, true)
  const file = path.join(folder, 'kept/a')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.strictSame(JSON.parse(readFileSync(file, 'utf8')), { ansible_system: 'Linux', mine: { a: [1, 'two', null] } })
  t.strictSame(cacheIn(folder).cache.read('a'), FACTS)
  t.equal(cacheIn(folder).cache.read('b').size, 0)
  t.strictSame(readdirSync(path.join(folder, 'kept')), ['a'], 'and nothing else is left there')
})

t.test('names of files begin with the prefix', async (t) => {
  const folder = t.testdir({})
  cacheIn(folder, { prefix: 'facts-' }).cache.write('a', FACTS, true)
  t.strictSame(readdirSync(path.join(folder, 'kept')), ['facts-a'])
})

t.test('what is too old does not count, unless it counts for ever', async (t) => {
  const folder = t.testdir({})
  cacheIn(folder).cache.write('a', FACTS, true)
  const old = Date.now() / 1000 - 61
  utimesSync(path.join(folder, 'kept/a'), old, old)
  t.equal(cacheIn(folder).cache.read('a').size, 0)
  t.equal(cacheIn(folder, { lifeSeconds: 0 }).cache.read('a').size, 2)
})

t.test('a file that would stay the same is left alone, unless its facts are new', async (t) => {
  const folder = t.testdir({})
  const file = path.join(folder, 'kept/a')
  cacheIn(folder).cache.write('a', FACTS, true)
  const before = Date.now() / 1000 - 30
  utimesSync(file, before, before)
  const { cache } = cacheIn(folder)
  const facts = cache.read('a')
  cache.write('a', facts, false)
  t.ok(Date.now() - statSync(file).mtimeMs > 20_000)
  cache.write('a', facts, true)
  t.ok(Date.now() - statSync(file).mtimeMs < 20_000)
})

t.test('facts that are forgotten take their file along', async (t) => {
  const folder = t.testdir({})
  const { cache } = cacheIn(folder)
  cache.write('a', FACTS, true)
  cache.write('b', FACTS, true)
  cache.write('a', new Map(), false)
  cache.forget('b')
  cache.forget('c')
  t.strictSame(readdirSync(path.join(folder, 'kept')), [])
})

t.test('a file that is no facts is told of, and does not count', async (t) => {
  const folder = t.testdir({ kept: { a: '{"x": ', b: '[1]' } })
  const { cache, warnings } = cacheIn(folder)
  for (const host of ['a', 'b']) t.equal(cache.read(host).size, 0)
  t.strictSame(
    warnings.map(({ code, summary }) => [code, summary]),
    ['a', 'b'].map((host) => ['FILE_UNREADABLE', `the facts kept in ${path.join(folder, 'kept', host)} cannot be used`]),
  )
})

t.test('a host whose name leads out of the folder has no file', async (t) => {
  const folder = t.testdir({ kept: {} })
  const { cache } = cacheIn(folder)
  for (const host of ['../x', '..', '/etc/x', 'x/y']) {
    cache.write(host, FACTS, true)
    t.equal(cache.read(host).size, 0)
    cache.forget(host)
  }
  t.strictSame(readdirSync(folder), ['kept'])
  t.strictSame(readdirSync(path.join(folder, 'kept')), [])
})

t.test('a folder that cannot be written is told of', async (t) => {
  const folder = t.testdir({ file: '' })
  const below = path.join(folder, 'file/below')
  const { cache, warnings } = cacheIn(folder, { folder: below })
  cache.write('a', FACTS, true)
  t.strictSame(
    warnings.map(({ code, severity, summary }) => [code, severity, summary]),
    [['FILE_UNREADABLE', 'warning', `the facts of 'a' cannot be kept in ${path.join(below, 'a')}`]],
  )
})
