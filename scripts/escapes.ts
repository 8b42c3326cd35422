/**
 * `npm run escapes`: tries to reach JavaScript from templates, by known payloads, by every property of every kind of value, and by
 * random templates. `npm run escapes -- --count 100000 --seed 5` makes that many random ones, beginning with that seed.
 * Prints how many were tried and how many worked; fails where one did.
 */
import { parseArgs } from 'node:util'
import { climbs, EscapeWatch, PAYLOADS, randomTemplates } from '../test/support/escapes.ts'

const DEFAULT_COUNT = 20_000

const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } })
const watch = new EscapeWatch()
let tried = 0
let worked = 0

/** The constructor of functions makes code of text: nothing may call it while a template is evaluated. */
Object.defineProperty(Function.prototype, 'constructor', {
  value: () => {
    worked++
    throw new Error('code was made of text')
  },
})

for (const templates of [PAYLOADS, climbs(), randomTemplates(Number(values.seed ?? 1), Number(values.count ?? DEFAULT_COUNT))]) {
  for (const template of templates) {
    tried++
    const fault = watch.fault(template)
    if (fault === undefined) continue
    worked++
    process.stdout.write(`${JSON.stringify(template)}: ${fault}\n`)
  }
}
process.stdout.write(`tried ${tried}, worked ${worked}\n`)
if (worked > 0) process.exitCode = 1
