import t from 'tap'
import { Pending, settled } from '../../../runner/resolve/pending.ts'

t.test('evaluates again with each answer at hand', async (t) => {
  const answers = new Map<string, number>()
  const ask = (name: string): number =>
    answers.get(name) ??
    ((): never => {
      throw new Pending(async () => void answers.set(name, name.length))
    })()
  t.equal(await settled(() => ask('a') + ask('bb')), 3)
  t.strictSame([...answers.keys()], ['a', 'bb'])
})

t.test('errors go through, and nothing is asked for ever', async (t) => {
  await t.rejects(
    settled(() => {
      throw new Error('defect')
    }),
    { message: 'defect' },
  )
  await t.rejects(
    settled(() => {
      throw new Pending(async () => {
        throw new Error('unreachable')
      })
    }),
    { message: 'unreachable' },
  )
  let fetches = 0
  await t.rejects(
    settled(() => {
      throw new Pending(async () => {
        fetches++
      })
    }),
    Pending,
  )
  t.equal(fetches, 1000)
})
