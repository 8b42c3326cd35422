/** The command line's words; nothing is made here. */

import t from 'tap'
import { runLab } from './cli.ts'

process.env['PLAYLINE_LAB'] = `t${process.pid}-cli`

async function lab(...words: string[]) {
  let [stdout, stderr] = ['', '']
  const code = await runLab(words, { out: (text) => (stdout += text), err: (text) => (stderr += text) })
  return { code, stdout, stderr }
}

t.test('help', async (t) => {
  t.match(await lab('--help'), { code: 0, stdout: /exec HOST -- COMMAND/, stderr: '' })
  t.match(await lab('down', '--help'), { code: 0, stdout: /down \[--purge\]/ })
  t.match(await lab(), { code: 2, stdout: /Usage/ })
})

t.test('wrong words', async (t) => {
  t.match(await lab('pu'), { code: 2, stderr: /there is no verb "pu"; the verbs are up, down/ })
  t.match(await lab('exec', 'cpe'), { code: 2, stderr: /needs a host and a command/ })
  t.match(await lab('up', 'now'), { code: 2, stderr: /"now" is one word too many/ })
  t.match(await lab('down', '--prune'), { code: 2, stderr: /--prune/ })
})

t.test('an instance that is not up', async (t) => {
  t.match(await lab('status'), { code: 3, stdout: /is down/ })
  t.match(await lab('exec', 'cpe', '--', 'true'), { code: 1, stderr: /cpe is not running [^]*"npm run lab -- up"/ })
})

t.test('an instance that cannot be', async (t) => {
  process.env['PLAYLINE_LAB'] = 'No Such Name'
  t.match(await lab('status'), { code: 1, stderr: /cannot name a lab instance/ })
})
