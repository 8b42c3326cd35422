/** From differing leaves to what a person is shown of a change. Secrets end here: what leaves is fit to be printed. */
import { structuredPatch } from 'diff'
import { KNOWN_AFTER_APPLY, type Difference, type Event } from '../contract/kinds.ts'
import { Content } from '../contract/content.ts'
import type { Leaf } from '../probe/state.ts'
import { UNKNOWN_STATE } from '../probe/state.ts'
import type { Secrets } from '../resolve/secrets.ts'

export type Shown =
  /** The text of a file; the sides are whole texts. */
  | { readonly kind: 'text'; readonly label: string; readonly before: string; readonly after: string; readonly beforeHeader: string; readonly afterHeader: string }
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
  for (const difference of differs) {
    const leaf = leaves.find(({ path }) => path.every((key, index) => difference.path[index] === key))
    const rest = leaf ? difference.path.slice(leaf.path.length) : difference.path
    const name = leaf ? (leaf.probe.label ?? leaf.probe.resource.slice(leaf.probe.resource.indexOf(':') + 1)) : ''
    const resource = leaf?.probe.resource ?? ''
    shown.push(...showOne(name, resource, rest, difference, context))
  }
  for (const event of events) shown.push({ kind: 'event', name: event.name, target: event.target })
  return shown
}

function showOne(name: string, resource: string, rest: readonly string[], difference: Difference, context: ShowContext): Shown[] {
  const { before, after } = difference
  if (before instanceof Content || after instanceof Content) return [showContent(name, resource, before, after, context)]
  if (before === UNKNOWN_STATE && isFileState(after)) {
    // Of a whole file state whose predecessor is unknown, show each part.
    return Object.entries(after)
      .filter(([key]) => key !== 'type')
      .flatMap(([key, value]) => showOne(name, resource, [...rest, key], { path: [], before, after: value }, context))
  }
  const label = [name, ...rest].filter((part) => part !== '').join(' ')
  const texts = [printState(before), printState(after)]
  if (texts.some((text) => context.secrets.isIn(text))) return [{ kind: 'withheld', label, reason: 'differs; it holds a secret' }]
  return [{ kind: 'value', label, before: texts[0]!, after: texts[1]! }]
}

function isFileState(state: unknown): state is Record<string, unknown> {
  return state !== null && typeof state === 'object' && (state as { type?: unknown }).type === 'file'
}

function showContent(label: string, resource: string, before: unknown, after: unknown, context: ShowContext): Shown {
  const sides = [before, after].map((side) => (side instanceof Content ? side : undefined))
  const texts = sides.map((side) => (side === undefined ? '' : side.text))
  if (before === UNKNOWN_STATE) {
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

/** A leaf of a state as one line. */
export function printState(state: unknown): string {
  if (state === KNOWN_AFTER_APPLY) return '(known after apply)'
  if (state === UNKNOWN_STATE) return '(unknown)'
  if (state === undefined || state === null) return 'absent'
  if (state === true) return 'yes'
  if (state === false) return 'no'
  if (typeof state === 'string') return state === '' ? '""' : state
  if (state instanceof Content) return `${state.sizeBytes} bytes`
  if (Array.isArray(state)) return `[${state.map(printState).join(', ')}]`
  if (typeof state === 'object') return `{${Object.entries(state).map(([key, value]) => `${key}: ${printState(value)}`).join(', ')}}`
  return String(state as number)
}
