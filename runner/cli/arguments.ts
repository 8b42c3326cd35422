/** The words of a command line, by a table of options: abbreviations, joined values and order as argparse takes them. */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { splitWords } from '../value/words.ts'
import type { OptionEntry } from './options.ts'

export interface Arguments<Name extends string> {
  readonly positionals: readonly string[]
  readonly flag: (name: Name) => boolean
  /** The last value given. */
  readonly text: (name: Name) => string | undefined
  readonly list: (name: Name) => readonly string[]
  readonly count: (name: Name) => number
  /** The last value given, as a whole number. */
  readonly integer: (name: Name, minimum: number, maximum: number) => number | undefined
  /** The last value given, split as a shell would. */
  readonly words: (name: Name) => readonly string[]
}

/** @throws {DiagnosticError} BAD_OPTION */
export function parseArguments<const Table extends readonly OptionEntry[]>(argv: readonly string[], table: Table): Arguments<Table[number]['long']> {
  const { values, positionals } = parse(argv, table)
  const list = (name: string): string[] => (values[name] as string[] | undefined) ?? []
  const text = (name: string): string | undefined => list(name).at(-1)
  return {
    positionals,
    flag: (name) => values[name] !== undefined,
    text,
    list,
    count: (name) => (values[name] as boolean[] | undefined)?.length ?? 0,
    integer: (name, minimum, maximum) => {
      const given = text(name)
      if (given === undefined) return undefined
      const number = Number(given)
      if (!/^\d+$/.test(given) || number < minimum || number > maximum)
        fail('BAD_OPTION', `--${name} is '${given}'`, { hint: `It is a whole number from ${minimum} to ${maximum}.` })
      return number
    },
    words: (name) => {
      try {
        return splitWords(text(name) ?? '')
      } catch (error) {
        fail('BAD_OPTION', `--${name} cannot be read`, { detail: (error as Error).message })
      }
    },
  }
}

function parse(
  argv: readonly string[],
  table: readonly OptionEntry[],
): { values: Partial<Record<string, string[] | boolean | boolean[]>>; positionals: string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const option of table) {
    options[option.long] = {
      type: option.value === undefined ? 'boolean' : 'string',
      ...(option.short !== undefined && { short: option.short }),
      ...(option.kind !== 'flag' && { multiple: true }),
    }
  }
  try {
    return parseArgs({ args: normalised(argv, table), options, allowPositionals: true, strict: true }) as never
  } catch (error) {
    if (error instanceof DiagnosticError) throw error
    const { message } = error as Error
    const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1]
    if (unknown !== undefined) {
      const hint = didYouMean(
        unknown.replace(/^-+/, ''),
        table.map((option) => option.long),
      )
      fail('BAD_OPTION', `there is no option ${unknown}`, { hint: hint?.replace(/'(.*)'/, '--$1') ?? '--help lists the options.' })
    }
    fail('BAD_OPTION', message.split('\n')[0]!.replace(/\. .*$/, ''), { hint: '--help lists the options.' })
  }
}

/** Abbreviations and other spellings in full, and a value that begins with a dash joined to its option. */
function normalised(argv: readonly string[], table: readonly OptionEntry[]): string[] {
  const words: string[] = []
  /** The option whose value the next word is. */
  let waiting: OptionEntry | undefined
  for (const [index, word] of argv.entries()) {
    if (word === '--') return [...words, ...argv.slice(index)]
    if (waiting && (!word.startsWith('-') || word === '-' || /\s/.test(word) || /^-\d+$/.test(word))) {
      words[words.length - 1] = `--${waiting.long}=${word}`
      waiting = undefined
      continue
    }
    waiting = undefined
    const [, name, joined] = /^--([^=]+)(=.*)?$/s.exec(word) ?? []
    if (name !== undefined) {
      const option = named(name, table)
      words.push(option ? `--${option.long}${joined ?? ''}` : word)
      if (option?.value !== undefined && joined === undefined) waiting = option
      continue
    }
    words.push(word)
    if (/^-[^-]/.test(word)) waiting = awaitingValue(word.slice(1), table)
  }
  return words
}

/** The option whose spelling, or the only one whose spellings begin with, this text is. */
function named(name: string, table: readonly OptionEntry[]): OptionEntry | undefined {
  const spellings = table.flatMap((option) => [option.long, ...(option.also ?? [])].map((spelling) => ({ spelling, option })))
  const exact = spellings.find(({ spelling }) => spelling === name)
  if (exact) return exact.option
  const begun = spellings.filter(({ spelling }) => spelling.startsWith(name))
  const [first, ...others] = new Set(begun.map(({ option }) => option))
  if (others.length > 0) fail('BAD_OPTION', `--${name} may be ${begun.map(({ spelling }) => `--${spelling}`).join(', ')}`, { hint: 'Write more of it.' })
  return first
}

/** The option of a single letter (`-l`) that has its value in the next word; in a cluster (`-Cvl`) the parser finds it. */
function awaitingValue(letters: string, table: readonly OptionEntry[]): OptionEntry | undefined {
  return table.find(({ short, value }) => short === letters && value !== undefined)
}
