/** From differing leaves to what a person is shown of a change. Secrets end here: what leaves is fit to be printed. */
import { structuredPatch } from 'diff'
import { KNOWN_AFTER_APPLY, type Difference, type Event } from '../contract/kinds.ts'
import { Content } from '../contract/content.ts'
import { partOf } from './compare.ts'
import type { Leaf } from '../probe/state.ts'
import type { Secrets } from '../resolve/secrets.ts'
import { Unknown } from '../value/value.ts'

export type Shown =
  /** The text of a file; the sides are whole texts. */
  | {
      readonly kind: 'text'
      readonly label: string
      readonly before: string
      readonly after: string
      readonly beforeHeader: string
      readonly afterHeader: string
    }
  /** Anything else: `key: before → after`. */
  | { readonly kind: 'value'; readonly label: string; readonly before: string; readonly after: string }
  /** A difference that is not printed, and why. */
  | { readonly kind: 'withheld'; readonly label: string; readonly reason: string }
  | { readonly kind: 'event'; readonly name: string; readonly target: string }

/** Texts above this size are not compared line by line. */
const MAX_DIFF_BYTES = 1024 * 1024

export interface ShowContext {
  readonly secrets: Secrets
  /** Files that hold or held a secret: their content is never printed. */
  readonly secretFiles: Set<string>
}

/** What a task changes, as shown. */
export function show(leaves: readonly Leaf[], differs: readonly Difference[], events: readonly Event[], context: ShowContext): Shown[] {
  const shown: Shown[] = []
  for (const leaf of leaves) {
    const own = differs
      .filter(({ path }) => leaf.path.every((key, index) => path[index] === key))
      .map((each) => ({ ...each, path: each.path.slice(leaf.path.length) }))
    if (own.length === 0) continue
    const label = leaf.probe.label ?? leaf.probe.resource.slice(leaf.probe.resource.indexOf(':') + 1)
    shown.push(...(/^(?:file|controller):/.test(leaf.probe.resource) ? showFile : showValues)(label, leaf.probe.resource, own, context))
  }
  for (const event of events) shown.push({ kind: 'event', name: event.name, target: event.target })
  return shown
}

/** A file: what it becomes in one line where it comes or goes, else attribute by attribute; its text as a diff. */
function showFile(label: string, resource: string, differs: readonly Difference[], context: ShowContext): Shown[] {
  const part = (key: string): Difference | undefined => differs.find(({ path }) => path[0] === key)
  const content = part('content')
  const type = part('type')
  const rest = differs.filter((each) => each !== content && each !== type)
  const lines = type && !(type.before instanceof Unknown) ? [showCreation(label, type, rest, context)] : showValues(label, resource, rest, context)
  return [...lines, ...(content ? [showContent(label, resource, content.before, content.after, context)] : [])]
}

/** `/etc/motd: absent → file, 0644 root:root`. */
function showCreation(label: string, type: Difference, rest: readonly Difference[], context: ShowContext): Shown {
  const side = (which: 'before' | 'after'): string => {
    const value = (key: string): string | undefined => {
      const found = rest.find(({ path }) => path[0] === key)?.[which]
      return typeof found === 'string' ? found : undefined
    }
    const owner = [value('owner'), value('group')].filter((name) => name !== undefined).join(':')
    const target = value('target')
    return [
      printState(type[which]),
      [value('mode'), owner === '' ? undefined : owner].filter((text) => text !== undefined).join(' '),
      target === undefined ? '' : `to ${target}`,
    ]
      .filter((text) => text !== '')
      .join(', ')
  }
  return masked(label, side('before'), side('after'), context)
}

function showValues(name: string, _resource: string, differs: readonly Difference[], context: ShowContext): Shown[] {
  return differs.map(({ path, before, after }) => masked([name, ...path].join(' '), printState(before), printPlanned(after), context))
}

function masked(label: string, before: string, after: string, context: ShowContext): Shown {
  if (context.secrets.isIn(before) || context.secrets.isIn(after)) return { kind: 'withheld', label, reason: 'differs; it holds a secret' }
  return { kind: 'value', label, before, after }
}

/** The text of a file on both sides, as far as it may be printed. */
export function showContent(label: string, resource: string, before: unknown, after: unknown, context: ShowContext): Shown {
  const sides = [before, after].map((side) => (side instanceof Content ? side : undefined))
  const texts = sides.map((side) => (side === undefined ? '' : side.text))
  if (isOnlyKnownAfterApply(after)) return { kind: 'value', label: `${label} content`, before: printState(before), after: printPlanned(after) }
  if (before instanceof Unknown) {
    if (texts[1] !== undefined && context.secrets.isIn(texts[1])) return withhold(label, resource, 'its content may differ; it holds a secret', context)
    return { kind: 'text', label, before: '', after: texts[1] ?? '', beforeHeader: `${label} (unknown)`, afterHeader: label }
  }
  if (context.secretFiles.has(resource) || texts.some((text) => text !== undefined && context.secrets.isIn(text))) {
    return withhold(label, resource, countLines(texts), context)
  }
  if (texts.some((text) => text === undefined)) {
    const sizes = sides.map((side) => (side === undefined ? 'nothing' : `${side.sizeBytes} bytes, sha256 ${side.sha256.slice(0, 12)}…`))
    return { kind: 'value', label: `${label} content`, before: sizes[0]!, after: sizes[1]! }
  }
  if (texts.some((text) => text!.length > MAX_DIFF_BYTES)) {
    return { kind: 'value', label: `${label} content`, before: `${texts[0]!.length} characters`, after: `${texts[1]!.length} characters` }
  }
  return {
    kind: 'text',
    label,
    before: texts[0]!,
    after: texts[1]!,
    beforeHeader: sides[0] ? label : `${label} (absent)`,
    afterHeader: sides[1] ? label : `${label} (absent)`,
  }
}

function withhold(label: string, resource: string, reason: string, context: ShowContext): Shown {
  context.secretFiles.add(resource)
  return { kind: 'withheld', label, reason }
}

/** How much differs, without a word of it. */
function countLines(texts: readonly (string | undefined)[]): string {
  const [before, after] = texts
  if (before === undefined || after === undefined) return 'its content differs; it holds a secret'
  const lines = structuredPatch('', '', before, after, undefined, undefined, { context: 0 }).hunks.flatMap((hunk) => hunk.lines)
  const removed = lines.filter((line) => line.startsWith('-')).length
  const added = lines.filter((line) => line.startsWith('+')).length
  return `${removed} ${removed === 1 ? 'line' : 'lines'} removed, ${added} added; it holds a secret`
}

/** What is planned as one line: what a dry run does not know of it is there once it is applied. */
function printPlanned(state: unknown): string {
  return printState(isOnlyKnownAfterApply(state) ? KNOWN_AFTER_APPLY : state)
}

function isOnlyKnownAfterApply(planned: unknown): boolean {
  return planned === KNOWN_AFTER_APPLY || planned instanceof Unknown
}

/** A leaf of a state as one line. */
export function printState(state: unknown): string {
  if (state === KNOWN_AFTER_APPLY) return '(known after apply)'
  if (state instanceof Unknown) return '(unknown)'
  if (state === undefined || state === null) return 'absent'
  if (state === true) return 'yes'
  if (state === false) return 'no'
  if (typeof state === 'string') return state === '' ? '""' : state
  if (state instanceof Content) return `${state.sizeBytes} bytes`
  if (Array.isArray(state)) return `[${state.map(printState).join(', ')}]`
  if (typeof state === 'object')
    return `{${Object.keys(state)
      .map((key) => `${key}: ${printState(partOf(state as Record<string, unknown>, key))}`)
      .join(', ')}}`
  return typeof state === 'number' || typeof state === 'bigint' ? String(state) : '(not shown)'
}
