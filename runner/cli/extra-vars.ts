/** `--extra-vars`: variables above all others. */
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { SourceFile } from '../diagnostic/source.ts'
import { splitKeyValues } from '../load/arguments.ts'
import type { Reader } from '../load/reader.ts'
import { readVariables } from '../load/role.ts'
import { parseYaml, toRaw } from '../load/yaml.ts'
import { print } from '../value/print.ts'
import { hasTemplateMarkers, NotedDict, Template, type Raw, type RawDict, type Value } from '../value/value.ts'

/** Each is `@FILE`, YAML or JSON text of a mapping, or `name=value …`, where all values are text. Later ones win. */
export function readExtraVars(values: readonly string[], reader: Reader, expand: (text: string) => string, warn: (diagnostic: Diagnostic) => void): RawDict {
  const variables = new NotedDict()
  for (const value of values) {
    if (value.startsWith('@')) {
      const file = expand(value.slice(1))
      const { range, ...node } = reader.yaml(file)
      if (node.kind !== 'map') fail('BAD_EXTRA_VARS', `${reader.shownPath(file)}, named by --extra-vars, holds no mapping of variables`, { range })
      add(variables, readVariables(reader, file), isJson(reader.text(file).text))
      continue
    }
    const file = new SourceFile('--extra-vars', value)
    const range = { file, start: 0, end: value.length }
    if (/^[/.]/.test(value)) fail('BAD_EXTRA_VARS', `'${value}' of --extra-vars is no name=value`, { range, hint: `A file is written with an @: '@${value}'.` })
    if (/^\s*[{[]/.test(value)) {
      const node = parseYaml(file, warn)
      if (node.kind !== 'map') fail('BAD_EXTRA_VARS', '--extra-vars has to be a mapping', { range })
      add(variables, toRaw(node) as RawDict, isJson(value))
      continue
    }
    const { pairs, rest } = splitKeyValues({ kind: 'scalar', value: hasTemplateMarkers(value) ? new Template(value, range) : value, range }, false)
    if (rest !== undefined) {
      // As in Ansible it is left out, though not without a word.
      const hint = '--extra-vars takes name=value, YAML or JSON of a mapping in braces, or @FILE.'
      warn({ code: 'BAD_OPTION', severity: 'warning', summary: `'${written(rest)}' of --extra-vars is no name=value, and is left out`, range, hint })
    }
    add(variables, pairs, true)
  }
  return variables
}

/** `plain`: from JSON or `name=value`, so that text is no more than that. */
function add(variables: NotedDict, more: ReadonlyMap<Value, Raw>, plain: boolean): void {
  for (const [name, raw] of more) {
    variables.set(name, raw)
    variables.note(name, plain ? 'str' : 'AnsibleUnicode')
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function written(raw: Raw): string {
  return raw instanceof Template ? raw.text : print(raw as Value)
}
