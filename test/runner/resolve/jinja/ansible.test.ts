/** What ansible-core 2.14 was seen to make of templates, expressions and conditions (`fixtures/`, made by `record.py`): the same, to the character. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import { toJson } from '../../../../runner/value/convert.ts'
import { repr } from '../../../../runner/value/print.ts'
import { fromJson } from '../../../../runner/value/read-json.ts'
import type { Hooks } from '../../../../runner/resolve/jinja/index.ts'
import type { Dict, Value } from '../../../../runner/value/value.ts'
import { scopeOf, templateOf } from './helper.ts'

const read = (path: string): Dict => fromJson(readFileSync(`test/runner/resolve/jinja/${path}`, 'utf8')) as Dict
const variables = toJson(read('cases.json').get('vars')!)
const fixtures = ['ansible', 'operations', 'statements'].map((name) => read(`fixtures/${name}.json`))
const templates = new Map(fixtures.flatMap((fixture) => [...(fixture.get('templates') as Dict)]))

const hooks: Hooks = {
  loadTemplate: (name) => {
    const text = templates.get(name)
    return typeof text === 'string' ? new SourceFile(name, text) : undefined
  },
}
const usual = new Jinja(hooks)

function evaluate(jinja: Jinja, kind: string, source: string): Value {
  // Each case gets variables of its own: some change them.
  const scope = scopeOf(fromJson(variables) as Dict)
  switch (kind) {
    case 't':
      return jinja.renderFile(new SourceFile('t.j2', source), scope)
    case 'p':
      return jinja.templateValue(templateOf(source), scope)
    case 'e':
      return jinja.templateValue(templateOf(`{{ ${source} }}`), scope)
    default:
      return jinja.condition({ text: source }, scope)
  }
}

/** The value as Python prints it, or null where the engine refuses. Anything but a diagnostic is a defect, and passes through. */
function outcome(jinja: Jinja, kind: string, source: string): string | null {
  try {
    return repr(evaluate(jinja, kind, source))
  } catch (error) {
    if (error instanceof DiagnosticError) return null
    throw error
  }
}

const names: Readonly<Record<string, string>> = { t: 'template files', p: 'values of a playbook', e: 'expressions', w: 'conditions' }
for (const [kind, name] of Object.entries(names)) {
  t.test(name, async (t) => {
    const all = fixtures.flatMap((fixture) => fixture.get('cases') as [string, string, string | null][])
    const cases = all.filter(([each]) => each === kind)
    t.ok(cases.length > 2)
    const wrong = cases.map(([, source, wanted]) => ({ source, wanted, found: outcome(usual, kind, source) })).filter(({ wanted, found }) => wanted !== found)
    t.same(wrong, [], `${cases.length} agree`)
  })
}

t.test('values of a playbook, with native types', async (t) => {
  const native = new Jinja(hooks, { native: true })
  const cases = read('fixtures/native.json').get('cases') as [string, string, string | null][]
  const wrong = cases
    .map(([kind, source, wanted]) => ({ source, wanted, found: outcome(native, kind, source) }))
    .filter(({ wanted, found }) => wanted !== found)
  t.same(wrong, [], `${cases.length} agree`)
})
