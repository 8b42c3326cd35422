/** All that a regular expression finds in a text file, replaced. */
import { RegexError, compilePython, param, state, z } from '../runner/module.ts'
import { ATTRIBUTE_NOTES, attributeParams } from './shared/attributes.ts'
import { decodeText, encodeText, encodingParam } from './shared/encoding.ts'
import type { Encoding } from './shared/encoding.ts'
import { applyTextFile, planTextFile, probeTextFile, textFileDiff, textFileMessage, textFileParams } from './shared/text-file.ts'
import type { Edit } from './shared/text-file.ts'

function fileParams() {
  const { path, backup, validate } = textFileParams()
  return { path, backup, validate, ...attributeParams() }
}

const params = () =>
  z
    .object({
      ...fileParams(),
      regexp: param.string().describe('A Python regular expression; ^ and $ stand for the ends of lines.'),
      replace: param.string().default('').describe('What takes the place of each match, with \\1 and \\g<name> for groups; without it, matches are removed.'),
      after: param.string().optional().describe('Only what stands after the first match of this expression, in which . matches newlines too.'),
      before: param.string().optional().describe('Only what stands before a match of this expression.'),
      encoding: encodingParam().default('utf-8').describe('The encoding of the file: utf-8, latin-1, ascii, utf-16 or utf-16le.'),
    })
    .strict()
    .superRefine((p, context) => {
      try {
        whole(p)
      } catch (error) {
        if (!(error instanceof RegexError)) throw error
        context.addIssue({ code: 'custom', path: ['regexp'], message: error.message })
      }
    })
type Params = z.output<ReturnType<typeof params>>

/** The expressions compiled. */
function whole({ regexp, after, before }: Pick<Params, 'regexp' | 'after' | 'before'>) {
  return {
    regexp: compilePython(regexp, { multiline: true }),
    part:
      after === undefined && before === undefined
        ? undefined
        : compilePython(`(?P<playline_lead>${after ?? ''})(?P<subsection>.*${after !== undefined && before !== undefined ? '?' : ''})${before ?? ''}`, {
            dotAll: true,
          }),
  }
}

function edit(bytes: string, p: Params): Edit {
  const text = decode(bytes, p.encoding)
  const { regexp, part } = whole(p)
  let [start, end] = [0, text.length]
  if (part !== undefined) {
    const found = part.search(text)
    const wished = `${p.after ?? ''}${p.after !== undefined && p.before !== undefined ? '(?P<subsection>.*?)' : '(?P<subsection>.*)'}${p.before ?? ''}`
    if (found === null) return { text: bytes, message: `Pattern for before/after params did not match the given file: ${wished}` }
    start = found.start + found.group(part.names.get('playline_lead')!)!.length
    end = start + found.group(part.names.get('subsection')!)!.length
  }
  const section = text.slice(start, end)
  const expand = regexp.replacement(p.replace, "'replace'")
  let count = 0
  let edited = ''
  let at = 0
  for (const match of regexp.matchAll(section)) {
    edited += section.slice(at, match.start) + expand(match)
    at = match.end
    count++
  }
  edited += section.slice(at)
  if (edited === section) return { text: bytes, message: '' }
  return { text: encode(text.slice(0, start) + edited + text.slice(end), p.encoding), message: `${count} replacements made` }
}

function decode(bytes: string, encoding: Encoding): string {
  return worded(() => decodeText(Buffer.from(bytes, 'latin1'), encoding))
}

function encode(text: string, encoding: Encoding): string {
  return worded(() => encodeText(text, encoding)).toString('latin1')
}

/** What an edit cannot do is told by a RegexError. */
function worded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new RegexError((error as Error).message)
  }
}

export default state({
  summary: 'Replaces all that a regular expression finds in a text file.',
  params,
  aliases: { path: ['dest', 'destfile', 'name'] },
  examples: [
    { name: 'Name the new peer everywhere', args: "path: /etc/hosts\nregexp: '(\\s+)old\\.example\\.com(\\s+.*)?$'\nreplace: '\\1new.example.com\\2'" },
    { name: 'Only in one section', args: "path: /etc/frr/frr.conf\nafter: '^router bgp'\nbefore: '^!'\nregexp: 'timers .*'\nreplace: timers 5 15" },
  ],
  returns: {
    rc: 'Always 0.',
    msg: "What was done: 'N replacements made', or nothing.",
    backup_file: 'The path of the backup, where one was made.',
  },
  notes: [
    ...ATTRIBUTE_NOTES,
    'Where path is a link, owner, group and mode are those of the file that it leads to.',
    'Regular expressions have no possessive quantifiers, atomic groups or conditional groups.',
    'The backup of FILE is FILE.NUMBER.TIME~, with a number that is made of its SHA-256 instead of that of a process.',
  ],

  probe: (p) => probeTextFile(p),
  plan: (before, p) => planTextFile(before, p, (text) => edit(text, p), 'refuse', `Path ${Object.keys(before.file)[0]!} does not exist !`),
  apply: (situation) => applyTextFile(situation),
  result: (situation) => ({
    rc: 0,
    ...textFileMessage(situation, (text) => edit(text, situation.params)),
    ...(situation.returned as { backup_file?: string } | undefined),
  }),
  diff: (situation) => textFileDiff('text', situation),
})
