/** What ansible-core 2.14 was seen to answer to lookups and to loops (`fixtures/lookups.json`): the same, to the character. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { toJson } from '../../../../runner/value/convert.ts'
import { repr } from '../../../../runner/value/print.ts'
import { fromJson } from '../../../../runner/value/read-json.ts'
import { Dict, hasTemplateMarkers, RawDict, type Raw, type Value } from '../../../../runner/value/value.ts'
import { loopItems } from '../../../../runner/resolve/lookup/index.ts'
import { settled } from '../../../../runner/resolve/pending.ts'
import { templateOf } from '../jinja/helper.ts'
import { lookupWorld } from './support.ts'

const read = (file: string): Dict => fromJson(readFileSync(file, 'utf8')) as Dict
const fixture = read('test/runner/resolve/lookup/fixtures/lookups.json')
const variables = toJson(read('test/runner/resolve/jinja/cases.json').get('vars')!)

const folder = t.testdir({ 'p.yml': '- hosts: all\n  tasks: [{debug: }]\n' })
for (const [name, text] of fixture.get('files') as Map<string, string>) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
  writeFileSync(path.join(folder, name), text)
}
const kinds: Readonly<Record<string, string>> = { p: 'lookups', l: 'loops' }
for (const [kind, name] of Object.entries(kinds)) {
  t.test(name, async (t) => {
    const wrong: unknown[] = []
    const cases = (fixture.get('cases') as [string, string, string | null][]).filter(([each]) => each === kind)
    for (const [, source, wanted] of cases) {
      const found = await outcome(kind, source)
      if (found !== wanted) wrong.push({ source, wanted, found })
    }
    t.same(wrong, [], `${cases.length} agree`)
  })
}

/** The value as Python prints it, or null where it is refused. Anything but a diagnostic is a defect, and passes through. */
async function outcome(kind: string, source: string): Promise<string | null> {
  const world = lookupWorld(folder, fromJson(variables) as Dict)
  const evaluate = (): Value => {
    if (kind === 'p') return world.evaluate((evaluator) => evaluator.value(templateOf(source)))
    const [, name = '', terms = ''] = /^(\S+) (.*)$/s.exec(source) ?? []
    return world.evaluate((_, context) => [...loopItems(name, asRaw(fromJson(terms)), context)])
  }
  try {
    return repr(await settled(evaluate)).replaceAll(folder, '/FOLDER')
  } catch (error) {
    if (error instanceof DiagnosticError) return null
    throw error
  }
}

/** As the keyword of a playbook would hold it. */
function asRaw(value: Value): Raw {
  if (typeof value === 'string') return hasTemplateMarkers(value) ? templateOf(value) : value
  if (Array.isArray(value)) return value.map(asRaw)
  return value instanceof Dict ? new RawDict([...value].map(([key, item]) => [key, asRaw(item)])) : value
}
