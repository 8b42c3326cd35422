/** What a module does, takes and gives, as a page: made from its own definitions. */
import { z, type Module } from '../module.ts'

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonProperty>>
  readonly required?: readonly string[]
}

interface JsonProperty extends JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly controller?: string
  readonly items?: JsonProperty
  readonly anyOf?: readonly JsonProperty[]
}

/** The page of a module, in Markdown. */
export function modulePage(name: string, module: Module): string {
  const schema = z.toJSONSchema(module.params(), { unrepresentable: 'any', io: 'input' }) as JsonSchema
  const rows = parameterRows(schema, '', module.aliases ?? {})
  const examples = module.examples.flatMap((example) => ['```yaml', `- name: ${example.name}`, `  ${name}:${exampleArgs(example.args)}`, '```', ''])
  const returns = Object.entries(module.returns ?? {}).map(([key, meaning]) => `| \`${key}\` | ${cell(meaning)} |`)
  return [
    `# ${name}`,
    '',
    module.summary,
    '',
    '## Parameters',
    '',
    '| parameter | type | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '## Examples',
    '',
    ...examples,
    ...(returns.length === 0 ? [] : ['## What `register` gets', '', 'Beside `changed` and `diff`:', '', '| key | meaning |', '| --- | --- |', ...returns, '']),
    ...(module.notes === undefined || module.notes.length === 0
      ? []
      : ["## What differs from Ansible's module", '', ...module.notes.map((note) => `- ${note}`), '']),
  ].join('\n')
}

/** A row for each parameter, and below it one for each of its own: `cpe.name`, `tunnels[].name`. */
function parameterRows({ properties = {}, required = [] }: JsonSchema, prefix: string, aliases: NonNullable<Module['aliases']>): string[] {
  return Object.entries(properties).flatMap(([key, property]) => {
    const others = prefix === '' ? (aliases[key] ?? []) : []
    const also = others.length === 0 ? '' : `<br>also: ${others.map((alias) => `\`${alias}\``).join(', ')}`
    const fallback = property.default === undefined ? (required.includes(key) ? 'required' : '') : `\`${JSON.stringify(property.default)}\``
    const row = `| \`${prefix}${key}\`${also} | ${typeName(property)} | ${fallback} | ${cell(property.description ?? '')} |`
    return [row, ...parameterRows(property, `${prefix}${key}.`, aliases), ...parameterRows(property.items ?? {}, `${prefix}${key}[].`, aliases)]
  })
}

function typeName(property: JsonProperty): string {
  if (property.controller !== undefined) return property.controller === 'template' ? 'template on the controller' : 'file on the controller'
  if (property.enum) return property.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (property.anyOf) return [...new Set(property.anyOf.map(typeName))].filter((text) => text !== '').join(' or ')
  if (property.type === 'array') return property.items ? `list of ${typeName(property.items) || 'values'}` : 'list'
  return { string: 'text', boolean: 'yes or no', integer: 'whole number', number: 'number', object: 'mapping' }[property.type ?? ''] ?? ''
}

/** Arguments as they stand below a module's name. Text for a module that takes text stays on its line. */
function exampleArgs(args: string): string {
  if (!/^[\w-]+:/.test(args)) return ` ${args}`
  return `\n${args
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n')}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
