/**
 * `npm run docs`: writes the pages that are made from definitions. With `--check` nothing is written, and a page that is not
 * what it would be made to be fails.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { generatePages } from './pages.ts'

const check = process.argv.includes('--check')
const pages = await generatePages()
const stale: string[] = []

for (const [name, text] of pages) {
  const current = existsSync(name) ? readFileSync(name, 'utf8') : undefined
  if (current === text) continue
  stale.push(name)
  if (check) continue
  mkdirSync(path.dirname(name), { recursive: true })
  writeFileSync(name, text)
}
for (const name of existsSync('docs/modules') ? readdirSync('docs/modules').map((each) => `docs/modules/${each}`) : []) {
  if (pages.has(name)) continue
  stale.push(name)
  if (!check) rmSync(name)
}

if (check && stale.length > 0) {
  process.stderr.write(`not up to date: ${stale.join(', ')}\nrun: npm run docs\n`)
  process.exitCode = 1
} else process.stdout.write(stale.length === 0 ? 'the pages are up to date\n' : `written: ${stale.join(', ')}\n`)
