/** What ansible-core 2.14 makes of typical templates and expressions (`cases.json`). */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import { toJson } from '../../../../runner/value/convert.ts'
import { print } from '../../../../runner/value/print.ts'
import { fromJson } from '../../../../runner/value/read-json.ts'
import { Dict } from '../../../../runner/value/value.ts'
import type { Value } from '../../../../runner/value/value.ts'
import { scopeOf } from './helper.ts'

const file = fromJson(readFileSync('test/runner/resolve/jinja/cases.json', 'utf8')) as Dict
const variables = file.get('vars') as Dict

const jinja = new Jinja({
  lookup: (name, args) => {
    if (name === 'env') return ''
    if (name === 'items') return args.flatMap((each) => each)
    return variables.get(print(args[0]!)) ?? null
  },
})

for (const each of file.get('cases') as Dict[]) {
  const kind = each.get('kind')
  const source = each.get('src') as string
  const name = `${print(each.get('id') ?? '')} ${print(each.get('class') ?? '')}: ${source}`
  // Each case gets variables of its own: some change them.
  const scope = scopeOf(fromJson(toJson(variables)) as Dict)
  t.test(name, async (t) => {
    let value: Value
    try {
      // The answers are those for a text of a playbook, where one without markers is no template; in a file it is one.
      if (kind === 't') value = /\{[{%#]/.test(source) ? jinja.renderFile(new SourceFile('case.j2', source), scope) : source
      else value = jinja.evaluate({ text: source }, scope)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      t.ok(each.has('error'), `refused: ${error.message}`)
      return
    }
    t.notOk(each.has('error'), `should be refused: ${print(each.get('error') ?? '')}`)
    const wanted = each.get('value')!
    if (wanted instanceof Dict && wanted.has('__py__')) {
      t.match(value, /^<built-in method/)
      return
    }
    t.equal(toJson(value), toJson(wanted))
    const text = each.get('text')
    if (typeof text === 'string') t.equal(jinja.renderFile(new SourceFile('case.j2', `{{ ${source} }}`), scope), text)
  })
}
