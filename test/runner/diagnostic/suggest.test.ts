import t from 'tap'
import { didYouMean, nearest } from '../../../runner/diagnostic/suggest.ts'

t.test('the nearest name, where one is near', async (t) => {
  for (const [name, expected] of [
    ['hots', 'hosts'],
    ['Hosts', 'hosts'],
    ['hsots', 'hosts'],
    ['gather_fact', 'gather_facts'],
    ['tasks', 'tasks'],
    ['roles', 'roles'],
    ['banana', undefined],
    ['x', undefined],
    ['', undefined],
  ] as const) {
    t.equal(nearest(name, ['hosts', 'gather_facts', 'tasks', 'roles', 'y']), expected, name)
  }
  t.equal(didYouMean('hots', ['hosts']), "Did you mean 'hosts'?")
  t.equal(didYouMean('a', ['b']), undefined)
})
