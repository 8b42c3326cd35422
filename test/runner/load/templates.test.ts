/** Text becomes a template only where it comes from a trusted file: these are all the doors. */
import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const RUNNER = fileURLToPath(new URL('../../../runner/', import.meta.url))

const DOORS: Readonly<Record<string, string>> = {
  'load/yaml.ts': 'scalars of YAML files',
  'load/with-templates.ts': 'values of INI inventories, and of programs that print inventories',
  'load/arguments.ts': 'the parts of `name=value` text, which was a template itself',
  'cli/extra-vars.ts': 'values of --extra-vars',
  'resolve/constructed.ts': 'expressions of a file with `plugin: constructed`',
  'resolve/jinja/index.ts': 'an example in a comment',
  'load/playbook.ts': 'the arguments of `action` text, which was a template itself',
  'run/actions/assert.ts': '`assert: that`',
  'run/actions/set-fact.ts': 'names that set_fact is given as keys',
  'run/actions/debug.ts': '`debug: var`',
  'run/preflight.ts': 'conditions, to be parsed',
  'run/task.ts': 'conditions, and the item as a label',
}

t.test('no other file makes templates', async (t) => {
  const files = readdirSync(RUNNER, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && /new Template\(/.test(readFileSync(path.join(RUNNER, name), 'utf8')),
  )
  t.strictSame(files.sort(), Object.keys(DOORS).sort())
})
