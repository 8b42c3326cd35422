/**
 * The `diff` of a result, in the form that Ansible's module of that name gives it. It tells of the same comparison as what a
 * person is shown, and of secrets as little.
 */
import { Content } from '../contract/content.ts'
import { KNOWN_AFTER_APPLY, knownStat, type DiffForm, type Difference, type FileStats } from '../contract/kinds.ts'
import { printMode, type FileState } from '../contract/resource.ts'
import { stateAt, type Leaf } from '../probe/state.ts'
import { showContent, type ShowContext } from './show.ts'

/** Ansible leaves out of a copy's difference a text of more bytes, and says so with this number. */
const MAX_COPIED_BYTES = 104_448

/** What was compared, and under which circumstances. */
export interface Comparison {
  readonly leaves: readonly Leaf[]
  readonly before: unknown
  readonly after: unknown
  readonly differs: readonly Difference[]
  readonly statsBefore: FileStats
  readonly stats: FileStats
  /** Whether texts are wished for: `--diff`, and the task's `diff`. */
  readonly withTexts: boolean
  readonly check: boolean
  readonly context: ShowContext
}

type Side = Record<string, unknown>
/** A difference as plain data; what only applying can tell of it is KNOWN_AFTER_APPLY. */
interface Entry {
  readonly before?: unknown
  readonly after?: unknown
  readonly [key: string]: unknown
}

/** @throws {UnknownStateError} where it depends on what a dry run cannot know. */
export function diffIn(form: DiffForm, comparison: Comparison): Entry | readonly Entry[] | undefined {
  const { withTexts, check, differs } = comparison
  const isNew = typeOf(comparison.before, form.file) === 'absent'
  switch (form.form) {
    case 'attributes':
      // What is touched and not there Ansible's dry run says nothing more of.
      return check && isNew && form.states?.[1] === 'touch' ? undefined : attributesEntry(form, comparison)
    case 'copy':
      if (!differsIn(differs, form.file, 'content')) return attributesEntry(form, comparison)
      return withTexts ? [copiedTexts(form, comparison)] : []
    case 'whole':
      return withTexts ? copiedTexts(form, comparison) : undefined
    case 'text':
      return withTexts && differsIn(differs, form.file, 'content') ? texts(form, comparison, '') : undefined
    case 'edit': {
      const content = texts(form, comparison, ' (content)')
      // Of a file that is yet to be made Ansible's dry run looks no further.
      if (check && isNew) return content
      const { before, after } = attributes(form, comparison)
      const header = `${form.path ?? form.file[1]} (file attributes)`
      return [content, { before_header: header, after_header: header, ...(Object.keys(after).length > 0 && { before, after }) }]
    }
  }
}

function differsIn(differs: readonly Difference[], [part, path]: DiffForm['file'], leaf: string): boolean {
  return differs.some((each) => each.path[0] === part && each.path[1] === path && each.path[2] === leaf)
}

function typeOf(state: unknown, file: DiffForm['file']): string | undefined {
  return (stateAt(state, file) as FileState | undefined)?.type
}

// --- attributes --------------------------------------------------------------------------------------------------------

function attributesEntry(form: DiffForm, comparison: Comparison): Entry {
  const path = form.path ?? form.file[1]
  const [was, becomes] = form.states ?? []
  const state = was === becomes ? {} : { before: { state: was }, after: { state: becomes } }
  const { before, after } = attributes(form, comparison)
  const [now, then] = [comparison.before, comparison.after].map((state) => stateAt(state, form.file) as FileState | undefined)
  const target = now?.type === 'link' && then?.type === 'link' && now.target !== then.target ? [{ src: now.target }, { src: then.target }] : [{}, {}]
  const content = form.goesWith && { path_content: form.goesWith }
  return { before: { path, ...state.before, ...target[0], ...content, ...before }, after: { path, ...state.after, ...target[1], ...after } }
}

/** Mode, owner and group where they differ, and the times that are set. Of what is yet to be made a dry run tells none. */
function attributes(form: DiffForm, { before, check, differs, statsBefore, stats }: Comparison): { before: Side; after: Side } {
  const [part, path] = form.attributesOf ?? form.file
  const isNew = typeOf(before, [part, path]) === 'absent'
  const sides: { before: Side; after: Side } = { before: {}, after: {} }
  if (isNew && check) return sides
  const [was, is] = [knownStat(statsBefore[path]), knownStat(stats[path])]
  const pair = (key: string, from: unknown, to: unknown): void => {
    if (from === undefined || from === to) return
    sides.before[key] = from
    sides.after[key] = to ?? KNOWN_AFTER_APPLY
  }
  for (const { path: at, after } of differs) {
    if (at[0] !== part || at[1] !== path || after === undefined) continue
    if (at[2] === 'mode') pair('mode', modeOf(isNew ? form.madeWith?.mode : stateAt(before, at)), modeOf(after))
    if (at[2] === 'owner') pair('owner', isNew ? form.madeWith?.owner : was?.uid, form.ids?.owner ?? is?.uid)
    if (at[2] === 'group') pair('group', isNew ? form.madeWith?.group : was?.gid, form.ids?.group ?? is?.gid)
  }
  for (const time of form.times ?? []) {
    const key = `${time}Seconds` as const
    pair(time, was?.[key] ?? is?.[key], KNOWN_AFTER_APPLY)
    if (is && !check) sides.after[time] = is[key]
  }
  return sides
}

function modeOf(leaf: unknown): string | undefined {
  return typeof leaf === 'string' ? printMode(leaf) : undefined
}

// --- texts -------------------------------------------------------------------------------------------------------------

/** The two contents of the file; a side without a text is empty. */
function contentsOf(form: DiffForm, { before, after }: Comparison): [Content | undefined, Content | undefined] {
  const leaf = (state: unknown, file: DiffForm['file']): unknown => stateAt(state, [...file, 'content'])
  const [was, is] = [leaf(before, form.replaces ?? form.file), leaf(after, form.file)].map((content) => (content instanceof Content ? content : undefined))
  // A plan that leaves the file out keeps it.
  return [was, stateAt(after, form.file) === undefined ? was : is]
}

/** What is not fit to be printed is withheld here as it is from a person. */
function withheld(form: DiffForm, comparison: Comparison): Entry | undefined {
  const leaf = comparison.leaves.find(({ path }) => path.length === 2 && path[0] === form.file[0] && path[1] === form.file[1])!
  const [before, after] = contentsOf(form, comparison)
  const shown = showContent(leaf.probe.label ?? form.file[1], leaf.probe.resource, before, after, comparison.context)
  return shown.kind === 'withheld' ? { prepared: `${shown.label}: ${shown.reason}\n` } : undefined
}

function texts(form: DiffForm, comparison: Comparison, what: string): Entry {
  const header = `${form.path ?? form.file[1]}${what}`
  const headers = { before_header: header, after_header: header }
  if (!comparison.withTexts) return { ...headers, before: '', after: '' }
  const [before, after] = contentsOf(form, comparison)
  return withheld(form, comparison) ?? { ...headers, before: before?.text ?? '', after: after?.text ?? '' }
}

function copiedTexts(form: DiffForm, comparison: Comparison): Entry {
  const [before, after] = contentsOf(form, comparison)
  return (
    withheld(form, comparison) ?? {
      ...(before === undefined ? { before: '' } : copiedSide('before', 'dst', before, form.path ?? form.file[1])),
      ...(after === undefined ? {} : copiedSide('after', 'src', after, form.source)),
    }
  )
}

function copiedSide(side: 'before' | 'after', name: 'dst' | 'src', content: Content, header: string | undefined): Entry {
  if (content.sizeBytes > MAX_COPIED_BYTES) return { [`${name}_larger`]: MAX_COPIED_BYTES }
  return content.text === undefined ? { [`${name}_binary`]: 1 } : { [side]: content.text, ...(header !== undefined && { [`${side}_header`]: header }) }
}
