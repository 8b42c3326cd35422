/** The pages of `docs/` that are made from definitions: options, keywords, and a page a module. */
import { OPTIONS, spelling, type OptionEntry } from '../runner/cli/options.ts'
import { SETTINGS, type SettingEntry } from '../runner/cli/settings.ts'
import type { Module } from '../runner/contract/kinds.ts'
import { KEYWORDS } from '../runner/load/keywords.ts'
import { modulePage } from '../runner/load/module-page.ts'
import { ModuleRegistry, RUNNER_ACTIONS } from '../runner/load/modules.ts'
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
  for (const [name, module] of modules) pages.set(`docs/modules/${name}.md`, `${GENERATED}\n${modulePage(name, module)}`)
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
