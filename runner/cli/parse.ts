/** From argv to what was asked for. */
import path from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { SourceFile } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { splitKeyValues } from '../load/arguments.ts'
import { Reader } from '../load/reader.ts'
import { readVariables } from '../load/role.ts'
import { parseYaml, toRaw } from '../load/yaml.ts'
import { DEFAULT_OPTIONS, type RunOptions } from '../run/options.ts'
import { hasTemplateMarkers, RawDict, Template } from '../value/value.ts'
import { splitWords } from '../value/words.ts'
import { OPTIONS, type OptionEntry, type OptionName } from './options.ts'

export interface Invocation {
  readonly playbooks: readonly string[]
  readonly inventories: readonly string[]
  readonly run: RunOptions
  readonly output: 'human' | 'json'
  readonly showDiffs: boolean
  readonly instead: 'help' | 'version' | 'syntax-check' | 'list' | undefined
  readonly list: { readonly hosts: boolean; readonly tasks: boolean; readonly tags: boolean }
}

/**
 * Parses the arguments after the program's name.
 *
 * @throws {DiagnosticError} BAD_OPTION, and what reading a file of `--extra-vars` throws.
 */
export function parseInvocation(argv: readonly string[], warn: (diagnostic: Diagnostic) => void): Invocation {
  const { values, positionals } = parse(argv)
  const flag = (name: OptionName): boolean => values[name] !== undefined
  const text = (name: OptionName): string | undefined => (values[name] as string[] | undefined)?.at(-1)
  const list = (name: OptionName): string[] => (values[name] as string[] | undefined) ?? []
  const tags = (name: OptionName): string[] =>
    list(name)
      .flatMap((value) => value.split(','))
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '')

  const output = text('output') ?? 'human'
  if (output !== 'human' && output !== 'json') fail('BAD_OPTION', `--output is '${output}'`, { hint: 'It is human or json.' })
  const listing = { hosts: flag('list-hosts'), tasks: flag('list-tasks'), tags: flag('list-tags') }
  const instead = flag('help')
    ? 'help'
    : flag('version')
      ? 'version'
      : flag('syntax-check')
        ? 'syntax-check'
        : Object.values(listing).some(Boolean)
          ? 'list'
          : undefined
  if (positionals.length === 0 && instead !== 'help' && instead !== 'version')
    fail('BAD_OPTION', 'no playbook is named', { hint: 'usage: playline PLAYBOOK… -i INVENTORY; --help lists the options.' })
  return {
    playbooks: positionals.map((name) => path.resolve(name)),
    inventories: [...list('inventory'), ...list('inventory-file')],
    output,
    showDiffs: !flag('no-diff'),
    instead,
    list: listing,
    run: {
      ...DEFAULT_OPTIONS,
      check: flag('check'),
      diff: flag('diff'),
      forks: integer('forks', text('forks'), 1, 1000) ?? DEFAULT_OPTIONS.forks,
      limit: text('limit'),
      tags: tags('tags'),
      skipTags: tags('skip-tags'),
      startAtTask: text('start-at-task'),
      extraVars: extraVars(list('extra-vars'), warn),
      remoteUser: text('user'),
      privateKeyFile: text('private-key') ?? text('key-file'),
      become: flag('become'),
      becomeUser: text('become-user'),
      becomeMethod: text('become-method'),
      connection: text('connection'),
      connectTimeoutMs: (integer('timeout', text('timeout'), 1, 3600) ?? DEFAULT_OPTIONS.connectTimeoutMs / 1000) * 1000,
      sshArguments: [...words('ssh-common-args', text('ssh-common-args')), ...words('ssh-extra-args', text('ssh-extra-args'))],
      acceptNewHostKeys: flag('accept-new-host-keys'),
      verbosity: (values['verbose'] as boolean[] | undefined)?.length ?? 0,
    },
  }
}

function parse(argv: readonly string[]): { values: Partial<Record<string, string[] | boolean | boolean[]>>; positionals: string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const option of OPTIONS as readonly OptionEntry[]) {
    options[option.long] = {
      type: option.kind === 'flag' || option.kind === 'count' ? 'boolean' : 'string',
      ...(option.short !== undefined && { short: option.short }),
      ...(option.kind !== 'flag' && { multiple: true }),
    }
  }
  try {
    return parseArgs({ args: withDashedValues(argv), options, allowPositionals: true, strict: true }) as never
  } catch (error) {
    const { message } = error as Error
    const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1]
    if (unknown !== undefined) {
      const hint = didYouMean(
        unknown.replace(/^-+/, ''),
        OPTIONS.map((option) => option.long),
      )
      fail('BAD_OPTION', `there is no option ${unknown}`, { hint: hint?.replace(/'(.*)'/, '--$1') ?? '--help lists the options.' })
    }
    fail('BAD_OPTION', message.split('\n')[0]!.replace(/\. .*$/, ''), { hint: '--help lists the options.' })
  }
}

/** A word with a space in it is no option: `--ssh-common-args '-o ProxyJump=gate'` has a value, as with argparse. */
function withDashedValues(argv: readonly string[]): string[] {
  const words: string[] = []
  for (const word of argv) {
    const before = words.at(-1)
    const option = (OPTIONS as readonly OptionEntry[]).find(
      ({ long, short, value }) => value !== undefined && (before === `--${long}` || (short !== undefined && before === `-${short}`)),
    )
    if (option && /^-.*\s/s.test(word)) words[words.length - 1] = `--${option.long}=${word}`
    else words.push(word)
  }
  return words
}

function words(name: OptionName, text: string | undefined): string[] {
  try {
    return splitWords(text ?? '')
  } catch (error) {
    fail('BAD_OPTION', `--${name} cannot be read`, { detail: (error as Error).message })
  }
}

function integer(name: string, text: string | undefined, minimum: number, maximum: number): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < minimum || number > maximum)
    fail('BAD_OPTION', `--${name} is '${text}'`, { hint: `It is a whole number from ${minimum} to ${maximum}.` })
  return number
}

/** Each is `@FILE`, YAML or JSON text of a mapping, or `name=value …`, where all values are text. Later ones win. */
function extraVars(values: readonly string[], warn: (diagnostic: Diagnostic) => void): RawDict {
  const variables = new RawDict()
  for (const value of values) {
    if (value.startsWith('@')) {
      for (const [name, raw] of readVariables(new Reader(warn), path.resolve(value.slice(1)))) variables.set(name, raw)
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
