/** `--extra-vars`: variables above all others. */
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { SourceFile } from '../diagnostic/source.ts'
import { splitKeyValues } from '../load/arguments.ts'
import type { Reader } from '../load/reader.ts'
import { readVariables } from '../load/role.ts'
import { parseYaml, toRaw } from '../load/yaml.ts'
import { hasTemplateMarkers, RawDict, Template } from '../value/value.ts'

/** Each is `@FILE`, YAML or JSON text of a mapping, or `name=value …`, where all values are text. Later ones win. */
export function readExtraVars(values: readonly string[], reader: Reader, expand: (text: string) => string, warn: (diagnostic: Diagnostic) => void): RawDict {
  const variables = new RawDict()
  for (const value of values) {
    if (value.startsWith('@')) {
      for (const [name, raw] of readVariables(reader, expand(value.slice(1)))) variables.set(name, raw)
      continue
    }
    const file = new SourceFile('--extra-vars', value)
    const range = { file, start: 0, end: value.length }
    if (/^\s*[{[]/.test(value)) {
      const node = parseYaml(file, warn)
      if (node.kind !== 'map') fail('BAD_OPTION', '--extra-vars has to be a mapping', { range })
      for (const [name, raw] of toRaw(node) as RawDict) variables.set(name, raw)
      continue
    }
    const { pairs, rest } = splitKeyValues({ kind: 'scalar', value: hasTemplateMarkers(value) ? new Template(value, range) : value, range }, false)
    if (rest !== undefined) fail('BAD_OPTION', '--extra-vars takes name=value, YAML or JSON of a mapping, or @FILE', { range })
    for (const [name, raw] of pairs) variables.set(name, raw)
  }
  return variables
}
