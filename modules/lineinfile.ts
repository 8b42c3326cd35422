/** A line of a text file: that it is there, in its place, or that none such is there. */
import { param, state, z } from '../runner/module.ts'
import { ATTRIBUTE_NOTES } from './shared/attributes.ts'
import {
  applyTextFile,
  checkPattern,
  compile,
  editedInCheck,
  planTextFile,
  probeTextFile,
  splitLines,
  textFileDiff,
  textFileMessage,
  textFileParams,
  toBytes,
} from './shared/text-file.ts'
import type { Edit, Edited } from './shared/text-file.ts'

const params = () =>
  z
    .object({
      ...textFileParams(),
      state: z.enum(['absent', 'present']).default('present').describe('Whether the line is there, or no such line.'),
      line: param
        .string()
        .transform((line) => line.replace(/\n+$/, ''))
        .optional()
        .describe('The line.'),
      regexp: param
        .string()
        .optional()
        .describe('The last line that this Python regular expression finds is replaced; with absent, all that it finds are removed.'),
      search_string: param.nonEmptyString().optional().describe('Instead of regexp: a text that the line holds.'),
      backrefs: param.bool().default(false).describe('Replace \\1 and \\g<name> in line by groups of regexp; without a match nothing is done.'),
      insertafter: param.string().optional().describe('Where no line is replaced: after the last line that this expression finds, or EOF, or BOF.'),
      insertbefore: param.string().optional().describe('Where no line is replaced: before the last line that this expression finds, or BOF.'),
      firstmatch: param.bool().default(false).describe('Take the first line that is found, not the last.'),
    })
    .strict()
    .superRefine((p, context) => {
      const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
      if (p.state === 'present' && p.line === undefined) issue('line', 'line is required with state=present')
      if (p.state === 'absent' && p.line === undefined && p.regexp === undefined && p.search_string === undefined)
        issue('line', 'one of line, search_string, or regexp is required with state=absent')
      if (p.backrefs && p.regexp === undefined) issue('backrefs', 'regexp is required with backrefs=true')
      if (p.regexp !== undefined && p.search_string !== undefined) issue('search_string', 'parameters are mutually exclusive: regexp|search_string')
      if (p.insertafter !== undefined && p.insertbefore !== undefined) issue('insertbefore', 'parameters are mutually exclusive: insertbefore|insertafter')
      checkPattern(p.regexp, (message) => issue('regexp', message))
      if (p.insertafter !== 'EOF' && p.insertafter !== 'BOF') checkPattern(p.insertafter, (message) => issue('insertafter', message))
      if (p.insertbefore !== 'BOF') checkPattern(p.insertbefore, (message) => issue('insertbefore', message))
    })
type Params = z.output<ReturnType<typeof params>>

function edit(text: string, p: Params): Edit {
  return p.state === 'present' ? present(text, p) : absent(text, p)
}

/** Where something stands among lines: the last index that `found` holds for, or with `first` the first; -1 where none. */
function indexOf(lines: readonly string[], first: boolean, found: (line: string) => boolean): number {
  return first ? lines.findIndex(found) : lines.findLastIndex(found)
}

function present(text: string, p: Params): Edit {
  const lines = splitLines(text)
  const line = toBytes(p.line!)
  const regexp = p.regexp === undefined ? undefined : compile(p.regexp)
  const needle = p.search_string === undefined ? undefined : toBytes(p.search_string)
  const unchanged = { text, message: '' }
  const replaced = indexOf(lines, p.firstmatch, (each) => (regexp ? regexp.search(each) !== null : needle !== undefined && each.includes(needle)))
  if (replaced >= 0) {
    let next = p.backrefs ? regexp!.replacement(line, 'the line')(regexp!.search(lines[replaced]!)!) : line
    if (!next.endsWith('\n')) next += '\n'
    return next === lines[replaced] ? unchanged : { text: lines.with(replaced, next).join(''), message: 'line replaced' }
  }
  if (p.backrefs) return unchanged
  const isLine = (each: string | undefined) => each !== undefined && holds(each, line)
  const found = neighbour(lines, isLine, p)
  // With firstmatch Ansible looks for the line itself no further than that either.
  const exact = (p.firstmatch && found >= 0 ? lines.slice(0, found) : lines).findLastIndex(isLine)
  if (exact >= 0) return lines[exact] === `${line}\n` ? unchanged : { text: lines.with(exact, `${line}\n`).join(''), message: 'line replaced' }
  if (found >= 0 && p.insertbefore === undefined && isLine(lines[found + 1])) return unchanged
  return { text: withLine(lines, insertionPlace(lines, found, p), line), message: 'line added' }
}

/** Whether a line of a file is this one, with whatever end: a carriage return belongs to the end where it is not asked for. */
function holds(each: string, line: string): boolean {
  return each.replace(/[\r\n]+$/, '') === line || each.replace(/\n+$/, '') === line
}

/** Before or after which line a new one goes; -1 where none is found, or asked for. */
function neighbour(lines: readonly string[], isLine: (line: string) => boolean, p: Params): number {
  const pattern = p.insertbefore ?? p.insertafter
  if (pattern === undefined || pattern === 'EOF' || pattern === 'BOF') return -1
  const regexp = compile(pattern)
  return indexOf(lines, p.firstmatch, (each) => !isLine(each) && regexp.search(each) !== null)
}

function insertionPlace(lines: readonly string[], found: number, p: Params): number {
  if (p.insertbefore === 'BOF' || p.insertafter === 'BOF') return 0
  if (found < 0) return lines.length
  return p.insertbefore !== undefined ? found : found + 1
}

function withLine(lines: readonly string[], index: number, line: string): string {
  const before = lines.slice(0, index).join('')
  const after = lines.slice(index).join('')
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n${after}`
}

function absent(text: string, p: Params): Edit {
  const lines = splitLines(text)
  const line = p.line === undefined ? undefined : toBytes(p.line)
  const regexp = p.regexp === undefined ? undefined : compile(p.regexp)
  const needle = p.search_string === undefined ? undefined : toBytes(p.search_string)
  const remaining = lines.filter((each) => {
    if (regexp) return regexp.search(each) === null
    if (needle !== undefined) return !each.includes(needle)
    return line === undefined || !holds(each, line)
  })
  const found = lines.length - remaining.length
  return { text: remaining.join(''), message: found === 0 ? '' : `${found} line(s) removed`, found }
}

function result(situation: Edited<Params>): Record<string, unknown> {
  const { params: p, before } = situation
  const [now] = Object.values(before.file)
  if (p.state === 'absent' && now!.type === 'absent') return { msg: 'file not present' }
  return { ...textFileMessage(situation, (text) => edit(text, p)), backup: (situation.returned as { backup_file?: string } | undefined)?.backup_file ?? '' }
}

export default state({
  summary: 'Sees to it that a line is in a text file, or not.',
  params,
  aliases: { path: ['dest', 'destfile', 'name'], regexp: ['regex'], line: ['value'] },
  examples: [
    { name: 'Start the BGP daemon with FRR', args: 'path: /etc/frr/daemons\nregexp: ^bgpd=\nline: bgpd=yes' },
    { name: 'Name the peer', args: "path: /etc/hosts\nregexp: '\\sdrg$'\nline: 140.204.42.66 drg\nowner: root\ngroup: root\nmode: '0644'" },
    { name: 'Keep what stands behind the key', args: "path: /etc/ssh/sshd_config\nregexp: '^#?(Port)\\s+(.*)$'\nline: '\\1 \\2'\nbackrefs: true" },
    { name: 'Allow nobody to log in by password', args: 'path: /etc/ssh/sshd_config\nstate: absent\nregexp: ^PasswordAuthentication\\s+yes' },
  ],
  returns: {
    msg: "What was done: 'line added', 'line replaced', 'N line(s) removed', or nothing.",
    backup: 'The path of the backup, or empty.',
    found: 'With absent, how many lines there were.',
  },
  notes: [
    ...ATTRIBUTE_NOTES,
    'A newline at the end of line is dropped: the next run would not find the line again. Several lines in one are found again only by regexp, or never; use blockinfile.',
    'Where path is a link, owner, group and mode are those of the file that it leads to.',
    'Regular expressions have no possessive quantifiers, atomic groups or conditional groups.',
    'The backup of FILE is FILE.NUMBER.TIME~, with a number that is made of its SHA-256 instead of that of a process.',
  ],

  probe: (p) => probeTextFile(p),
  plan: (before, p) => {
    const path = Object.keys(before.file)[0]!
    return planTextFile(before, p, (text) => edit(text, p), p.state === 'absent' ? 'leave' : 'refuse', `Destination ${path} does not exist !`)
  },
  apply: (situation) => applyTextFile(situation),
  result: (situation) => result(situation),
  resultInCheck: (situation) => result(editedInCheck(situation)),
  diff: (situation) =>
    situation.params.state === 'absent' && Object.values(situation.before.file)[0]!.type === 'absent' ? undefined : textFileDiff('edit', situation),
})
