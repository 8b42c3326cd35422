/** Every table under `ansible/`, with Ansible and with Playline: results, files, a dry run before and a second run after. Needs root. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { compare, readCases } from '../support/module-differential.ts'

t.setTimeout(3_600_000)
const FOLDER = path.join(import.meta.dirname, 'ansible')

for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.yml'))) {
  t.test(name.slice(0, -4), { timeout: 3_600_000 }, async (t) => {
    for (const { name: run, theirs, ours } of await compare(readCases(path.join(FOLDER, name)))) t.equal(ours, theirs, run)
  })
}
