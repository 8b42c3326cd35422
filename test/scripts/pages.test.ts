import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { generatePages } from '../../scripts/pages.ts'

t.test('the generated pages are what the definitions give now (npm run docs writes them)', async (t) => {
  const pages = await generatePages()
  for (const [name, text] of pages) t.equal(existsSync(name) ? readFileSync(name, 'utf8') : undefined, text, name)
  t.strictSame(
    readdirSync('docs/modules').filter((name) => !pages.has(`docs/modules/${name}`)),
    [],
    'no page of a module that is gone',
  )
})
