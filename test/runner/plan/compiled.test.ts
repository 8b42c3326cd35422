import t from 'tap'
import { accumulated, inherited, tasksOf } from '../../../runner/plan/compiled.ts'
import { block, keywords, nameOf, task } from './support.ts'

const chain = [keywords({ when: 'inner', become: false }), keywords({ become: true, tags: 'b' }), keywords({ when: 'outer', tags: 'p' })]

t.test('the nearest value counts, or all add up from the outside', async (t) => {
  t.equal(inherited(chain, 'become')?.raw, false)
  t.equal(inherited(chain, 'tags')?.raw, 'b')
  t.equal(inherited(chain, 'port'), undefined)
  t.strictSame(
    accumulated(chain, 'when').map(({ raw }) => raw),
    ['outer', 'inner'],
  )
  t.strictSame(accumulated(chain, 'port'), [])
})

t.test('all tasks, in the order in which they stand', async (t) => {
  t.strictSame([...tasksOf([task('a'), { kind: 'flush' }, block([task('b')], [task('c')], [block([task('d')])])])].map(nameOf), ['a', 'b', 'c', 'd'])
})
