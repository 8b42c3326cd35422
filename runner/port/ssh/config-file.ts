/**
 * `~/.ssh/config` and its like (ssh_config(5)). The package `ssh-config` parses; which lines apply to a host is decided here:
 * its own evaluation would run programs (`Match exec`, host name canonicalisation).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse, LineType, type Directive, type Section } from 'ssh-config'
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import { wildcard } from './known-hosts.ts'
import type { SshOptions } from './options.ts'
import type { Place } from './place.ts'

const MAX_FILE_BYTES = 1024 * 1024
/** As OpenSSH's. */
const MAX_INCLUDE_DEPTH = 16
const MAX_INCLUDED_FILES = 1000

export interface ConfigSubject {
  /** The host as it was asked for. */
  readonly host: string
  /** The user that was asked for outside the files, if any. */
  readonly user: string | undefined
}

interface Pass {
  readonly subject: ConfigSubject
  readonly options: SshOptions
  readonly place: Place
  /** `Match final` holds in a second pass over all files. */
  readonly final: boolean
  /** Set where a `Match final` asks for that pass. */
  wantsFinal: boolean
  included: number
}

/** Where a relative `Include` is looked for, and whether a missing file is an error. */
export interface ConfigFile {
  readonly path: string
  readonly folder: string
  readonly required: boolean
}

/** Adds what the files say of a host to its options, file after file. */
export function addConfigFiles(files: readonly ConfigFile[], subject: ConfigSubject, options: SshOptions, place: Place): void {
  const first: Pass = { subject, options, place, final: false, wantsFinal: false, included: 0 }
  for (const file of files) readConfig(file, first, true, 0)
  if (!first.wantsFinal) return
  const second: Pass = { ...first, final: true, included: 0 }
  for (const file of files) readConfig(file, second, true, 0)
}

function readConfig(file: ConfigFile, pass: Pass, active: boolean, depth: number): void {
  const text = readText(file)
  if (text === undefined) return
  for (const entry of entriesOf(text, file.path)) {
    const applies = active && (entry.section === undefined || sectionApplies(entry.section, entry.sectionSource, pass))
    if (!applies) continue
    const { directive, source, raw } = entry
    if (/^include$/i.test(directive.param)) {
      if (depth >= MAX_INCLUDE_DEPTH) fail('UNSUPPORTED_SSH_OPTION', `too many levels of Include at ${source}`)
      for (const pattern of wordsOf(directive)) {
        for (const path of expand(pattern, file.folder, pass.place)) {
          if (++pass.included > MAX_INCLUDED_FILES) fail('LIMIT_EXCEEDED', `${source} includes more than ${MAX_INCLUDED_FILES} files`)
          readConfig({ path, folder: file.folder, required: false }, pass, true, depth + 1)
        }
      }
    } else pass.options.addDirective(directive.param, valueOf(directive, raw), source)
  }
}

interface Entry {
  readonly directive: Directive
  /** `file:line`. */
  readonly source: string
  /** The line as it stands in the file. */
  readonly raw: string
  /** The `Host` or `Match` that it stands under. */
  readonly section: Section | undefined
  readonly sectionSource: string
}

function entriesOf(text: string, path: string): Entry[] {
  const parsed = parseText(text, path)
  const rawLines = text.split('\n')
  const entries: Entry[] = []
  // The parser keeps every line break in `before` and `after`, so lines can be counted.
  let line = 1
  const breaks = (space: string) => space.split('\n').length - 1
  const visit = (nodes: typeof parsed, section: Section | undefined, sectionSource: string) => {
    for (const node of nodes) {
      line += breaks(node.before)
      const source = `${path}:${line}`
      const raw = rawLines[line - 1] ?? ''
      if (node.type === LineType.DIRECTIVE && !('config' in node)) entries.push({ directive: node, source, raw, section, sectionSource })
      line += breaks(node.after)
      if (node.type === LineType.DIRECTIVE && 'config' in node) visit(node.config, node, source)
    }
  }
  visit(parsed, undefined, '')
  return entries
}

function parseText(text: string, path: string): ReturnType<typeof parse> {
  try {
    return parse(text)
  } catch (error) {
    throw new DiagnosticError({ code: 'UNSUPPORTED_SSH_OPTION', severity: 'error', summary: `cannot make sense of ${path}`, detail: (error as Error).message })
  }
}

function wordsOf(directive: Directive): string[] {
  return typeof directive.value === 'string' ? directive.value.split(/\s+/).filter(Boolean) : directive.value.map(({ val }) => val)
}

/** A ProxyCommand is for a shell: its quotes belong to it, so it is taken from the file as it stands. */
function valueOf(directive: Directive, raw: string): string {
  if (/^proxycommand$/i.test(directive.param)) return raw.replace(/^\s*\w+[\s=]+/, '').trim()
  if (typeof directive.value === 'string') return directive.value
  return directive.value.map(({ val }) => (/\s/.test(val) ? `"${val}"` : val)).join(' ')
}

function sectionApplies(section: Section, source: string, pass: Pass): boolean {
  const words = wordsOf(section)
  return /^host$/i.test(section.param) ? hostApplies(words, pass.subject.host) : matchApplies(words, source, pass)
}

function hostApplies(patterns: readonly string[], host: string): boolean {
  let found = false
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!')
    if (!wildcard((negated ? pattern.slice(1) : pattern).toLowerCase()).test(host.toLowerCase())) continue
    if (negated) return false
    found = true
  }
  return found
}

/** All criteria have to hold; as in OpenSSH, those after one that does not are not looked at. */
function matchApplies(words: readonly string[], source: string, pass: Pass): boolean {
  const { subject, options, place } = pass
  for (let at = 0; at < words.length; at++) {
    const negated = words[at]!.startsWith('!')
    const criterion = words[at]!.replace(/^!/, '').toLowerCase()
    const against = (value: string) => hostApplies((words[++at] ?? '').split(','), value)
    let holds: boolean
    switch (criterion) {
      case 'all':
        holds = true
        break
      case 'final':
        pass.wantsFinal = true
        holds = pass.final
        break
      case 'canonical':
        holds = false
        break
      case 'host':
        holds = against((options.get('HostName') ?? subject.host).replaceAll('%h', subject.host))
        break
      case 'originalhost':
        holds = against(subject.host)
        break
      case 'user':
        holds = against(options.get('User') ?? subject.user ?? place.userName)
        break
      case 'localuser':
        holds = against(place.userName)
        break
      default:
        return fail('UNSUPPORTED_SSH_OPTION', `'Match ${criterion}' at ${source} is not supported`, {
          ...(criterion === 'exec' && { detail: 'It would run a program on this machine for every host.' }),
          hint: 'Give another file with -F in ansible_ssh_common_args.',
        })
    }
    if (holds === negated) return false
  }
  return words.length > 0
}

/** The files that an Include means: relative to the folder of the user's or the system's files, with `~` and wildcards. */
function expand(pattern: string, folder: string, place: Place): string[] {
  const path = pattern.startsWith('~/') ? join(place.home, pattern.slice(2)) : resolve(folder, pattern)
  const parts = path.split('/').slice(1)
  let found = ['/']
  for (const part of parts) {
    if (!/[*?]/.test(part)) found = found.map((parent) => join(parent, part))
    else {
      const matcher = wildcard(part)
      found = found.flatMap((parent) =>
        names(parent)
          .filter((name) => matcher.test(name) && (part.startsWith('.') || !name.startsWith('.')))
          .map((name) => join(parent, name)),
      )
    }
  }
  return found.sort()
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function readText(file: ConfigFile): string | undefined {
  try {
    const stat = statSync(file.path)
    if (stat.isDirectory()) return undefined
    if (stat.size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`)
    return readFileSync(file.path, 'utf8').replaceAll('\r\n', '\n')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!file.required && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
    throw new DiagnosticError({
      code: code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      severity: 'error',
      summary: `cannot read the SSH configuration ${file.path}`,
      detail: message,
    })
  }
}
