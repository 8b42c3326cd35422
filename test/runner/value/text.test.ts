import t from 'tap'
import { compareText } from '../../../runner/value/text.ts'

t.test('text is ordered by code points, not by UTF-16 units', async (t) => {
  const ordered = ['', 'A', 'a', 'ab', 'b', 'é', '\uffff', '😀', '😀a']
  for (let at = 1; at < ordered.length; at++) {
    t.equal(compareText(ordered[at - 1]!, ordered[at]!), -1, JSON.stringify(ordered[at]))
    t.equal(compareText(ordered[at]!, ordered[at - 1]!), 1)
  }
  t.equal(compareText('x', 'x'), 0)
})
