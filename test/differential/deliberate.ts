/**
 * Where Playline deliberately does otherwise than Ansible: why, and exactly what it says instead. Everything else that differs is a defect.
 */
export type Deliberate = {
  readonly why: string
} & (
  | {
      /** The run is refused before anything ran, with this exit code and a diagnostic that says this. */
      readonly refuses: { readonly exitCode: number; readonly says: string }
    }
  | {
      /** Each disagreement, as it is told. */
      readonly differs: readonly string[]
    }
)

const CERTAIN_FAULT = 'DESIGN, Diagnostics: a fault in a task that every host is certain to reach, and that nothing tolerates, refuses the run'

export const DELIBERATE: Readonly<Record<string, Deliberate>> = {
  'errors/bad-serial': { why: 'Ansible ends with a traceback', refuses: { exitCode: 4, says: "'serial' is 'abc'" } },
  'errors/undefined-argument': { why: CERTAIN_FAULT, refuses: { exitCode: 4, says: 'nope' } },
}
