/** The pages of `docs/` that are made from definitions: options, keywords, and a page a module. */
import { OPTIONS, spelling, type OptionEntry } from '../runner/cli/options.ts'
import { SETTINGS, type SettingEntry } from '../runner/cli/settings.ts'
import type { Module } from '../runner/contract/kinds.ts'
import { KEYWORDS } from '../runner/load/keywords.ts'
import { ModuleRegistry, RUNNER_ACTIONS } from '../runner/load/modules.ts'
import { z } from '../runner/module.ts'
import { cell, GENERATED } from './markdown.ts'
import { templatesPage } from './templates-page.ts'

/** Path from the project's root → text. */
export async function generatePages(): Promise<Map<string, string>> {
  const registry = new ModuleRegistry()
  const modules: [string, Module][] = []
  for (const name of registry.fileNames()) modules.push([name, (await registry.load(name))!])
  const pages = new Map<string, string>([
    ['docs/options.md', optionsPage()],
    ['docs/settings.md', settingsPage()],
    ['docs/keywords.md', keywordsPage()],
    ['docs/templates.md', templatesPage()],
    ['docs/modules.md', modulesPage(modules)],
  ])
  for (const [name, module] of modules) pages.set(`docs/modules/${name}.md`, modulePage(name, module))
  return pages
}

function optionsPage(): string {
  const entries: readonly OptionEntry[] = OPTIONS
  const groups = [...new Set(entries.map((option) => option.group))]
  const sections = groups.map((group) => {
    const rows = entries
      .filter((option) => option.group === group)
      .map(
        (option) =>
          `| ${[spelling(option).trim(), ...(option.also ?? []).map((name) => `--${name}`)].map((name) => `\`${name}\``).join('<br>')} | ${cell(option.help)} |`,
      )
    return [`## ${group[0]!.toUpperCase()}${group.slice(1)}`, '', '| option | meaning |', '| --- | --- |', ...rows, ''].join('\n')
  })
  return [GENERATED, '# Options', '', 'Names and meanings are those of `ansible-playbook` wherever it has the option.', '', ...sections].join('\n')
}

function settingsPage(): string {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join('<br>')
  const rows = (SETTINGS as readonly SettingEntry[]).map((setting) => {
    const status =
      setting.refused !== undefined
        ? `refused: ${setting.refused}`
        : setting.noEffect !== undefined
          ? `accepted, of no effect: ${setting.noEffect}`
          : 'supported'
    return `| ${code(setting.ini)} | ${code(setting.env)} | ${cell(setting.meaning)} | ${cell(status)} |`
  })
  return [
    GENERATED,
    '# Settings',
    '',
    'From the first of the file that `ANSIBLE_CONFIG` names, `./ansible.cfg`, `~/.ansible.cfg` and `/etc/ansible/ansible.cfg`. A variable of the',
    'environment wins over the file, an option of the command line over both. A setting that is not listed is ignored; one that is refused is only',
    "refused where it says something else than Ansible's default.",
    '',
    '| in `ansible.cfg` | in the environment | meaning | |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function keywordsPage(): string {
  const rows = Object.entries(KEYWORDS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, keyword]) => {
      const status =
        keyword.refused !== undefined
          ? `refused: ${keyword.refused}`
          : keyword.noEffect
            ? 'accepted, of no effect'
            : ['supported', keyword.note].filter(Boolean).join('; ')
      return `| \`${name}\` | ${keyword.places.join(', ')} | ${status} |`
    })
  return [
    GENERATED,
    '# Keywords of playbooks',
    '',
    'A keyword that is not supported is refused before the first connection, with its position.',
    '',
    '| keyword | may stand in | |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function modulesPage(modules: readonly [string, Module][]): string {
  return [
    GENERATED,
    '# Modules',
    '',
    '| module | kind | what it does |',
    '| --- | --- | --- |',
    ...modules.map(([name, module]) => `| [${name}](modules/${name}.md) | ${module.kind} | ${cell(module.summary)} |`),
    '',
    `The runner itself has: ${RUNNER_ACTIONS.map((name) => `\`${name}\``).join(', ')}.`,
    '',
  ].join('\n')
}

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

function modulePage(name: string, module: Module): string {
  const schema = z.toJSONSchema(module.params(), { unrepresentable: 'any', io: 'input' }) as JsonSchema
  const rows = parameterRows(schema, '', module.aliases ?? {})
  const examples = module.examples.flatMap((example) => ['```yaml', `- name: ${example.name}`, `  ${name}:${exampleArgs(example.args)}`, '```', ''])
  const returns = Object.entries(module.returns ?? {}).map(([key, meaning]) => `| \`${key}\` | ${cell(meaning)} |`)
  return [
    GENERATED,
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
