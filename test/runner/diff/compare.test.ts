import t from 'tap'
import { Content } from '../../../runner/contract/content.ts'
import { isCertain, KNOWN_AFTER_APPLY, UnknownStateError } from '../../../runner/contract/kinds.ts'
import { compare } from '../../../runner/diff/compare.ts'
import { Unknown } from '../../../runner/value/value.ts'

const file = (text: string, mode = '0644') => ({ type: 'file', mode, owner: 'root', group: 'root', content: Content.of(text) })

t.test('equal states do not differ', async (t) => {
  t.same(compare({ file: file('a'), list: [1, { x: 1 }], none: null }, { file: file('a'), list: [1, { x: 1 }], none: null }), [])
})

t.test('leaves differ one by one, contents by digest', async (t) => {
  const [before, after] = [file('a'), file('b', '0600')]
  t.same(compare({ file: before }, { file: after }), [
    { path: ['file', 'mode'], before: '0644', after: '0600' },
    { path: ['file', 'content'], before: before.content, after: after.content },
  ])
})

t.test('a change of type is a difference of its own', async (t) => {
  t.same(
    compare({ f: { type: 'absent' } }, { f: { type: 'directory', mode: '0755', owner: 'a', group: 'b' } }).map(({ path }) => path.join('.')),
    ['f.type', 'f.mode', 'f.owner', 'f.group'],
  )
  t.same(compare({ f: { type: 'link', target: 'x' } }, { f: { type: 'absent' } }), [
    { path: ['f', 'type'], before: 'link', after: 'absent' },
    { path: ['f', 'target'], before: 'x', after: undefined },
  ])
})

t.test('a probe that the plan leaves out is kept; a key that a state leaves out is gone', async (t) => {
  t.same(compare({ a: 1, b: 2 }, { a: 1 }), [])
  t.same(compare({ a: 1 }, { a: 1, b: 2 }), [])
  t.same(compare({ map: { a: 1, b: 2 } }, { map: { a: 1 } }), [{ path: ['map', 'b'], before: 2, after: undefined }])
})

t.test('what only applying can tell differs', async (t) => {
  t.same(compare({ a: { id: 'x' } }, { a: { id: KNOWN_AFTER_APPLY } }), [{ path: ['a', 'id'], before: 'x', after: KNOWN_AFTER_APPLY }])
})

t.test('what a dry run does not know differs leaf by leaf, and is not touched where it is kept', async (t) => {
  const before = {
    get file(): unknown {
      throw new UnknownStateError('TASK [install] has not run')
    },
  }
  const unknown = new Unknown('TASK [install] has not run')
  t.same(compare(before, { file: { mode: '0644', owner: 'root' } }), [
    { path: ['file', 'mode'], before: unknown, after: '0644' },
    { path: ['file', 'owner'], before: unknown, after: 'root' },
  ])
  t.same(compare(before, {}), [])
})

t.test('a content that a dry run does not know differs, unless it is kept', async (t) => {
  const unknown = Content.unknown('TASK [look]')
  t.same(compare({ content: Content.of('a') }, { content: unknown }), [{ path: ['content'], before: Content.of('a'), after: new Unknown('TASK [look]') }])
  t.same(compare({ content: unknown }, { content: Content.of('a') }), [{ path: ['content'], before: new Unknown('TASK [look]'), after: Content.of('a') }])
  t.same(compare({ content: unknown }, { content: unknown }), [])
  t.equal(compare({ content: unknown }, { content: Content.unknown('TASK [look]') }).length, 1, 'two that are unknown may differ')
  t.strictSame(compare({ a: 1, b: Content.of('a') }, { a: 2, b: unknown }).map(isCertain), [true, false])
})
