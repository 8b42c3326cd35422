import t from 'tap'
import { OPTIONS, renderHelp, spelling, type OptionEntry } from '../../../runner/cli/options.ts'

const options: readonly OptionEntry[] = OPTIONS

t.test('--help lists every option, and fits', async (t) => {
  const help = renderHelp()
  for (const option of options) t.ok(help.includes(`  ${spelling(option).padEnd(36)} ${option.help}\n`), option.long)
  t.match(help, /^usage: playline PLAYBOOK… -i INVENTORY \[options\]\n/)
  for (const option of options) t.ok(spelling(option).length <= 36, option.long)
})

t.test('spellings', async (t) => {
  const spelt = (name: string): string => spelling(options.find(({ long }) => long === name)!)
  t.equal(spelt('inventory'), '-i, --inventory SOURCE')
  t.equal(spelt('check'), '-C, --check')
  t.equal(spelt('version'), '    --version')
})

t.test('no spelling twice; a value where there is one', async (t) => {
  const spellings = options.flatMap(({ long, short, also = [] }) => [long, ...also, ...(short === undefined ? [] : [short])])
  t.equal(new Set(spellings).size, spellings.length)
  for (const { long, kind, value } of options) t.equal(value !== undefined, kind === 'text' || kind === 'list', long)
})
