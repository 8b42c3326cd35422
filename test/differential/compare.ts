/** Two stories, field by field. */
import type { Json, RunStory, Story, TaskStory } from './story.ts'

export interface Disagreement {
  /** Which run, play, task, host and field. */
  readonly where: string
  readonly ours: Json | undefined
  readonly theirs: Json | undefined
}

/** No more of them are told of one case. */
const LIMIT = 40

export function compare(ours: Story, theirs: Story): Disagreement[] {
  const found: Disagreement[] = []
  for (const [index, run] of theirs.runs.entries()) {
    const prefix = theirs.runs.length > 1 ? `run ${index + 1} / ` : ''
    found.push(...compareRuns(ours.runs[index]!, run).map((each) => ({ ...each, where: prefix + each.where })))
  }
  found.push(...compareValues('files', ours.files, theirs.files))
  return found.slice(0, LIMIT)
}

function compareRuns(ours: RunStory, theirs: RunStory): Disagreement[] {
  const found: Disagreement[] = []
  const note = (where: string, left: Json | undefined, right: Json | undefined): void => void found.push(...compareValues(where, left, right))
  for (let index = 0; index < Math.max(ours.plays.length, theirs.plays.length); index++) {
    const [mine, other] = [ours.plays[index], theirs.plays[index]]
    const where = `play ${index + 1} (${(other ?? mine)!.name})`
    if (!mine || !other) {
      note(where, mine && `${mine.tasks.length} tasks`, other && `${other.tasks.length} tasks`)
      continue
    }
    note(`${where} / name`, mine.name, other.name)
    for (const [left, right] of align(mine.tasks, other.tasks)) {
      const task = `${where} / ${(right ?? left)!.name}`
      if (!left || !right) note(task, left && Object.keys(left.hosts).join(' '), right && Object.keys(right.hosts).join(' '))
      else note(task, left.hosts, right.hosts)
    }
  }
  note('stats', ours.stats, theirs.stats)
  note('custom stats', ours.customStats, theirs.customStats)
  note('text', ours.text, theirs.text)
  note('exit code', ours.exitCode, theirs.exitCode)
  return found
}

/** Pairs tasks of one name in order (a longest common subsequence): one that is missing leaves the rest comparable. */
function align(ours: readonly TaskStory[], theirs: readonly TaskStory[]): [TaskStory | undefined, TaskStory | undefined][] {
  const lengths = Array.from({ length: ours.length + 1 }, () => new Array<number>(theirs.length + 1).fill(0))
  const same = (i: number, j: number): boolean => ours[i]!.name === theirs[j]!.name
  for (let i = ours.length - 1; i >= 0; i--) {
    for (let j = theirs.length - 1; j >= 0; j--) {
      lengths[i]![j] = same(i, j) ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
    }
  }
  const pairs: [TaskStory | undefined, TaskStory | undefined][] = []
  let [i, j] = [0, 0]
  while (i < ours.length || j < theirs.length) {
    if (i < ours.length && j < theirs.length && same(i, j)) pairs.push([ours[i++], theirs[j++]])
    else if (j >= theirs.length || (i < ours.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) pairs.push([ours[i++], undefined])
    else pairs.push([undefined, theirs[j++]])
  }
  return pairs
}

function compareValues(where: string, ours: Json | undefined, theirs: Json | undefined): Disagreement[] {
  if (isObject(ours) && isObject(theirs)) {
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
    return keys.flatMap((key) => compareValues(`${where} / ${key}`, ours[key], theirs[key]))
  }
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    return (ours as Json[]).flatMap((each, index) => compareValues(`${where}[${index}]`, each, (theirs as Json[])[index]))
  }
  // A temporary file of Ansible's has no counterpart.
  if (typeof theirs === 'string' && /^TMP(?:\/|$)/.test(theirs)) return []
  return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ where, ours, theirs }]
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
