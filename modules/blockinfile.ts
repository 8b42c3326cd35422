/** A block of lines between two markers in a text file. */
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
      state: z.enum(['absent', 'present']).default('present').describe('Whether the block is there, or no such block.'),
      block: param.string().default('').describe('The lines between the markers; an empty block is removed.'),
      marker: z
        .string()
        .refine((marker) => marker.includes('{mark}'), 'the marker has to say with {mark} where BEGIN and END go, or the block would not be found again')
        .refine((marker) => !marker.includes('\n'), 'a marker is one line')
        .default('# {mark} ANSIBLE MANAGED BLOCK')
        .describe('The lines above and below the block; {mark} becomes marker_begin and marker_end.'),
      marker_begin: param.nonEmptyString().default('BEGIN').describe('What {mark} becomes above the block.'),
      marker_end: param.nonEmptyString().default('END').describe('What {mark} becomes below the block.'),
      append_newline: param.bool().default(false).describe('See to it that a blank line follows the block, unless the file ends there.'),
      prepend_newline: param.bool().default(false).describe('See to it that a blank line stands before the block, unless the file begins there.'),
      insertafter: param.string().optional().describe('Where a new block goes: after the last line that this Python regular expression finds, or EOF.'),
      insertbefore: param.string().optional().describe('Where a new block goes: before the last line that this Python regular expression finds, or BOF.'),
    })
    .strict()
    .superRefine((p, context) => {
      const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
      if (p.insertafter !== undefined && p.insertbefore !== undefined) issue('insertbefore', 'parameters are mutually exclusive: insertbefore|insertafter')
      if (p.marker_begin === p.marker_end) issue('marker_end', 'marker_begin and marker_end have to differ, or the block would not be found again')
      if (p.insertafter !== 'EOF') checkPattern(p.insertafter, (message) => issue('insertafter', message))
      if (p.insertbefore !== 'BOF') checkPattern(p.insertbefore, (message) => issue('insertbefore', message))
    })
type Params = z.output<ReturnType<typeof params>>

function edit(text: string, p: Params, isNew: boolean): Edit {
  const marker = (mark: string) => `${toBytes(p.marker.replaceAll('{mark}', mark))}\n`
  const [begin, end] = [marker(p.marker_begin), marker(p.marker_end)]
  const isRemoved = p.state === 'absent' || p.block === ''
  const block = toBytes(p.block)
  const lines = splitLines(text)
  // A last line without a newline may be a marker all the same.
  const marks = [begin, end].map((mark) => lines.findLastIndex((line) => line === mark || `${line}\n` === mark))
  let at: number
  if (marks.includes(-1)) {
    if (isRemoved) return { text, message: isNew ? 'File created' : '' }
    at = insertionPlace(lines, p)
  } else {
    at = Math.min(...marks)
    lines.splice(at, Math.max(...marks) - at + 1)
  }
  if (!isRemoved && at > 0 && !lines[at - 1]!.endsWith('\n')) lines[at - 1] = `${lines[at - 1]!}\n`
  if (!isRemoved) {
    const blank = p.prepend_newline && at > 0 && lines[at - 1] !== '\n' ? ['\n'] : []
    const follows = p.append_newline && at < lines.length && lines[at] !== '\n' ? ['\n'] : []
    lines.splice(at, 0, ...blank, begin, block.endsWith('\n') ? block : `${block}\n`, end, ...follows)
  }
  const edited = lines.join('')
  if (isNew) return { text: edited, message: 'File created' }
  if (edited === text) return { text, message: '' }
  return { text: edited, message: isRemoved ? 'Block removed' : 'Block inserted' }
}

function insertionPlace(lines: readonly string[], p: Params): number {
  if (p.insertbefore === 'BOF') return 0
  const pattern = p.insertbefore ?? (p.insertafter === 'EOF' ? undefined : p.insertafter)
  if (pattern === undefined) return lines.length
  const regexp = compile(pattern)
  const at = lines.findLastIndex((line) => regexp.search(line) !== null)
  if (at < 0) return lines.length
  return p.insertbefore === undefined ? at + 1 : at
}

function result(situation: Edited<Params>): Record<string, unknown> {
  const { params: p, before } = situation
  const [[path, now]] = Object.entries(before.file) as [[string, { type: string }]]
  const isNew = now.type === 'absent'
  if (isNew && p.state === 'absent') return { msg: `File ${path} not present` }
  return { ...textFileMessage(situation, (text) => edit(text, p, isNew)), ...(situation.returned as { backup_file?: string } | undefined) }
}

export default state({
  summary: 'Sees to it that a block of lines between two markers is in a text file, or not.',
  params,
  aliases: { path: ['dest', 'destfile', 'name'], block: ['content'] },
  examples: [
    { name: 'Name the hosts of the tunnel', args: 'path: /etc/hosts\nblock: |\n  140.204.42.66 drg-1\n  140.204.56.240 drg-2' },
    { name: 'Remove them again', args: 'path: /etc/hosts\nstate: absent' },
    {
      name: 'Allow a user everything, if sudo accepts it',
      args: 'path: /etc/sudoers.d/opc\ncreate: true\nmode: "0440"\nowner: root\ngroup: root\nblock: opc ALL=(ALL) NOPASSWD:ALL\nvalidate: visudo -cf %s',
    },
  ],
  returns: {
    msg: "What was done: 'Block inserted', 'Block removed', 'File created', or nothing.",
    backup_file: 'The path of the backup, where one was made.',
  },
  notes: [
    ...ATTRIBUTE_NOTES,
    'A marker without {mark}, markers that do not differ and a marker of several lines are refused: the next run would not find the block.',
    'A marker in a last line without a newline is found.',
    'Where path is a link, owner, group and mode are those of the file that it leads to.',
    'Regular expressions have no possessive quantifiers, atomic groups or conditional groups.',
    'The backup of FILE is FILE.NUMBER.TIME~, with a number that is made of its SHA-256 instead of that of a process.',
  ],

  probe: (p) => probeTextFile(p),
  plan: (before, p) => {
    const [[path, now]] = Object.entries(before.file) as [[string, { type: string }]]
    return planTextFile(
      before,
      p,
      (text) => edit(text, p, now.type === 'absent'),
      p.state === 'absent' && p.create ? 'leave' : 'refuse',
      `Path ${path} does not exist !`,
    )
  },
  apply: (situation) => applyTextFile(situation),
  result: (situation) => result(situation),
  resultInCheck: (situation) => result(editedInCheck(situation)),
  diff: (situation) =>
    situation.params.state === 'absent' && Object.values(situation.before.file)[0]!.type === 'absent' ? undefined : textFileDiff('edit', situation),
})
