/** `ansible.cfg`: where it is looked for, and its text as Python's configparser reads it. */
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { SourceFile, type SourceRange } from '../diagnostic/source.ts'

export interface ConfigFile {
  readonly path: string
  /** `section.key`, in small letters, → the value and where it stands. */
  readonly values: ReadonlyMap<string, { readonly value: string; readonly range: SourceRange }>
}

export interface Surroundings {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly workingFolder: string
}

/** The first of `ANSIBLE_CONFIG`, `./ansible.cfg`, `~/.ansible.cfg`, `/etc/ansible/ansible.cfg` that is there. */
export function findConfigFile({ variables, workingFolder }: Surroundings, warn: (diagnostic: Diagnostic) => void): ConfigFile | undefined {
  const named = variables['ANSIBLE_CONFIG']
  const candidates: string[] = []
  if (named !== undefined && named !== '') {
    const absolute = path.resolve(workingFolder, expandHome(named, variables))
    candidates.push(statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true ? path.join(absolute, 'ansible.cfg') : absolute)
  }
  const here = path.join(workingFolder, 'ansible.cfg')
  // Whoever may write there could have programs run by a setting.
  const open = ((statSync(workingFolder, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0
  if (!open) candidates.push(here)
  else if (isReadable(here) && !candidates.some(isReadable)) {
    warn({
      code: 'UNSUPPORTED_VALUE',
      severity: 'warning',
      summary: `${here} is not read, since everybody may write in its folder`,
      hint: 'Take the right to write from the others (chmod o-w), or name the file in ANSIBLE_CONFIG.',
    })
  }
  if (variables['HOME'] !== undefined) candidates.push(path.join(variables['HOME'], '.ansible.cfg'))
  candidates.push('/etc/ansible/ansible.cfg')
  const found = candidates.find(isReadable)
  if (found === undefined) return undefined
  const relative = path.relative(workingFolder, found)
  const file = new SourceFile(relative.startsWith('..') ? found : relative, readFileSync(found, 'utf8').replace(/\r\n?/g, '\n'))
  return { path: found, values: parseConfig(file) }
}

/** `~` at the beginning, and `$NAME`, `${NAME}` anywhere. */
export function expandHome(text: string, variables: Surroundings['variables']): string {
  const home = variables['HOME'] ?? '~'
  return text
    .replace(/^~(?=\/|$)/, home)
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, plain: string | undefined, braced: string | undefined) => variables[plain ?? braced!] ?? whole)
}

function isReadable(absolute: string): boolean {
  return statSync(absolute, { throwIfNoEntry: false })?.isFile() === true
}

/** Sections, `key = value` or `key: value`, values that go on in indented lines, comments of whole lines and after ` ;`. */
function parseConfig(file: SourceFile): ConfigFile['values'] {
  const values = new Map<string, { value: string; range: SourceRange }>()
  let section: string | undefined
  let last: { value: string; range: SourceRange } | undefined
  let offset = 0
  for (const line of file.text.split('\n')) {
    const range: SourceRange = { file, start: offset, end: offset + line.length }
    offset += line.length + 1
    if (/^\s*(?:[#;]|$)/.test(line)) {
      if (line.trim() === '') last = undefined
      continue
    }
    const text = line.replace(/\s;.*$/, '').trimEnd()
    if (/^\s/.test(line) && last) {
      last.value = `${last.value}\n${text.trim()}`
      continue
    }
    const header = /^\[([^\]]+)\]/.exec(text)
    if (header) {
      section = header[1]!
      last = undefined
      continue
    }
    const pair = /^([^=:]*?)\s*[=:]\s*(.*)$/s.exec(text.trimStart())
    if (!pair || section === undefined)
      fail('BAD_OPTION', `this line of ${file.path} cannot be read`, { range, hint: 'Write [section], and below it key = value.' })
    last = { value: pair[2]!, range }
    values.set(`${section}.${pair[1]!.toLowerCase()}`, last)
  }
  return values
}
