import t from 'tap'
import { LiveLine } from '../../../runner/report/live.ts'

t.test('a line that is gone when something else is printed', async (t) => {
  let text = ''
  const line = new LiveLine(
    (more) => void (text += more),
    () => 20,
  )
  const written = (act: () => void): string => {
    text = ''
    act()
    return text
  }
  t.equal(
    written(() => {
      line.hide()
    }),
    '',
    'nothing to hide',
  )
  t.equal(
    written(() => {
      line.show('install: a', true)
    }),
    '… install: a',
  )
  t.equal(
    written(() => {
      line.show('install: a, b and c', true)
    }),
    '\r\u001b[2K… install: a, b an…',
    'cut to the width of the terminal',
  )
  t.equal(
    written(() => {
      line.show('install', false)
    }),
    '\r\u001b[2K',
    'nobody is busy',
  )
  t.equal(
    written(() => {
      line.hide()
    }),
    '',
  )
})
