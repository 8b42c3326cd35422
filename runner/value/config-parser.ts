/** INI text as Python's `configparser` reads it. */

/** Sections by name, each with its options in small letters; those of `DEFAULT` are in every section. */
export type ConfigSections = ReadonlyMap<string, ReadonlyMap<string, string>>

/** How deep `%(name)s` may lead from one option to another, as in Python. */
const MAX_INTERPOLATION_DEPTH = 10

/**
 * Reads INI text: `name = value` or `name: value`, comments with `#` and `;`, values that go on in indented lines, and
 * `%(name)s` for another option's value.
 *
 * @throws {SyntaxError} for a line that is none of those, one outside of a section, and what stands there twice.
 */
export function parseConfig(text: string): ConfigSections {
  const sections = new Map<string, Map<string, string[]>>()
  const defaults = new Map<string, string[]>()
  let section: Map<string, string[]> | undefined
  let value: string[] | undefined
  let optionIndent = 0
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || /^[#;]/.test(trimmed)) {
      // An empty line may be part of a value; a comment is not.
      if (trimmed === '' && value) value.push('')
      continue
    }
    const indent = line.length - line.trimStart().length
    if (value && indent > optionIndent) {
      value.push(trimmed)
      continue
    }
    const header = /^\[(.+)\]/.exec(trimmed)
    if (header) {
      const name = header[1]!
      if (sections.has(name)) throw new SyntaxError(`line ${index + 1}: the section '${name}' is there twice`)
      section = name === 'DEFAULT' ? defaults : new Map()
      if (section !== defaults) sections.set(name, section)
      value = undefined
      continue
    }
    const option = /^(.*?)\s*[=:]\s*(.*)$/.exec(trimmed)
    if (!section || !option || option[1] === '') throw new SyntaxError(`line ${index + 1} is no option of a section`)
    const name = option[1]!.toLowerCase()
    if (section.has(name)) throw new SyntaxError(`line ${index + 1}: the option '${name}' is there twice`)
    optionIndent = indent
    value = option[2] === '' ? [''] : [option[2]!]
    section.set(name, value)
  }
  return new Map(
    [...sections].map(([name, options]) => {
      const all = new Map(
        [...options, ...[...defaults].filter(([option]) => !options.has(option))].map(([option, lines]) => [option, lines.join('\n').trimEnd()]),
      )
      return [name, new Map([...all].map(([option, each]) => [option, interpolated(each, all, 0)]))]
    }),
  )
}

function interpolated(value: string, options: ReadonlyMap<string, string>, depth: number): string {
  if (depth > MAX_INTERPOLATION_DEPTH) throw new SyntaxError('options refer to each other without end')
  return value.replaceAll(/%(?:(%)|\(([^)]+)\)s|)/g, (_, percent: string | undefined, name: string | undefined) => {
    if (percent !== undefined) return '%'
    const other = name === undefined ? undefined : options.get(name.toLowerCase())
    if (other === undefined) throw new SyntaxError(`'%' is followed by '%' or by the name of an option, as in %(name)s`)
    return interpolated(other, options, depth + 1)
  })
}
