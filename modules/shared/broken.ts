/** What the assertions answer of each thing that they look at and that is not as it should be. */

export interface Broken<Cause extends string> {
  readonly problem: string
  readonly cause: Cause
  /** What tells, in the words of the program that was asked; empty where there are none. */
  readonly evidence: string
}

/** Judges each thing by its name; those that are as they should be are left out. */
export function brokenAmong<Cause extends string>(names: readonly string[], judge: (name: string) => Broken<Cause> | undefined): Record<string, Broken<Cause>> {
  return Object.fromEntries(
    names.flatMap((name): [string, Broken<Cause>][] => {
      const found = judge(name)
      return found ? [[name, found]] : []
    }),
  )
}

/** A sentence for each, for `missing`. */
export function sentencesOf(broken: Readonly<Record<string, Broken<string>>>): string[] {
  return Object.entries(broken).map(([name, { problem, evidence }]) => `${name}: ${problem}${evidence && ` (${evidence})`}`)
}
