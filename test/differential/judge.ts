/** Plays a case with both programs and judges what differs. */
import type { Case } from './cases.ts'
import { compare, type Disagreement } from './compare.ts'
import { DELIBERATE } from './deliberate.ts'
import { OPEN } from './open.ts'
import type { Played, Workshop } from './play.ts'
import { storyOf, type Json } from './story.ts'

export interface Verdict {
  readonly case: Case
  /** `open`: it disagrees, and stands on the list of those that do. `wrong`: it disagrees, or stands on a list where it does not belong. */
  readonly kind: 'agrees' | 'deliberate' | 'open' | 'wrong'
  /** A line each. */
  readonly lines: readonly string[]
  readonly ours: Played
  readonly theirs: Played
}

export async function judge(each: Case, workshop: Workshop): Promise<Verdict> {
  const theirs = await workshop.ansible(each)
  const ours = await workshop.playline(each)
  const found = compare(storyOf(each, ours), storyOf(each, theirs)).map(tell)
  const verdict = (kind: Verdict['kind'], lines: readonly string[]): Verdict => ({ case: each, kind, lines, ours, theirs })
  const deliberate = DELIBERATE[each.name]
  if (found.length === 0) {
    if (deliberate) return verdict('wrong', ['agrees, and is on the list of deliberate differences'])
    if (OPEN.includes(each.name)) return verdict('wrong', ['agrees, and is on the list of those that do not'])
    return verdict('agrees', [])
  }
  if (deliberate) {
    const lines = 'refuses' in deliberate ? notRefused(ours, deliberate.refuses) : others(found, deliberate.differs)
    return verdict(lines.length === 0 ? 'deliberate' : 'wrong', lines)
  }
  return verdict(OPEN.includes(each.name) ? 'open' : 'wrong', found)
}

function notRefused(ours: Played, expected: { readonly exitCode: number; readonly says: string }): string[] {
  return ours.runs.flatMap(({ exitCode, stdout, stderr }) => [
    ...(exitCode === expected.exitCode ? [] : [`exit code: ${exitCode}, and should be ${expected.exitCode}`]),
    ...(stdout.includes('"action"') ? ['something ran, and the run should be refused before'] : []),
    ...(stderr.includes(expected.says) ? [] : [`the diagnostic should say ${JSON.stringify(expected.says)}: ${stderr}`]),
  ])
}

function others(found: readonly string[], expected: readonly string[]): string[] {
  return [
    ...found.filter((line) => !expected.includes(line)),
    ...expected.filter((line) => !found.includes(line)).map((line) => `no longer so, and on the list of deliberate differences: ${line}`),
  ]
}

function tell({ where, ours, theirs }: Disagreement): string {
  return `${where}: ${show(ours)}, Ansible ${show(theirs)}`
}

/** No value is shown longer. */
const LIMIT = 400

function show(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > LIMIT ? `${text.slice(0, LIMIT)}…` : text
}
