import t from 'tap'
import { keywordNamed, KEYWORDS, keywordsOf } from '../../../runner/load/keywords.ts'

t.test('keywords by place', async (t) => {
  t.ok(keywordsOf('task').includes('register'))
  t.notOk(keywordsOf('play').includes('when'))
  t.strictSame(
    keywordsOf('block').filter((name) => KEYWORDS[name]!.kind === 'items'),
    ['block', 'rescue', 'always'],
  )
})

t.test('names of Object.prototype are no keywords', async (t) => {
  for (const name of ['constructor', 'toString', '__proto__']) t.equal(keywordNamed(name), undefined, name)
  t.equal(keywordNamed('tags')?.kind, 'tags')
})
