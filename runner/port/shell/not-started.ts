/** Programs that were not even started, told from how the shell ended that was to become them. */
import type { NotStartedReason, StepReply } from '../../contract/step.ts'

/** Of a shell that was to become a program: `sh: 1: exec: NAME: not found`, `sh: line 1: NAME: Permission denied`, and so on. */
const CANNOT_EXECUTE = /^\S*sh: (?:(?:exec|line \d+|\d+): )*(.+?): (?:cannot execute: )?(not found|No such file or directory|Permission denied|Is a directory)$/

/** The program that could not be executed; undefined where the program itself says so of another one. */
function programMissing(program: string, expanded: boolean, { exitCode, stdout, stderr }: StepReply): NotStartedReason | undefined {
  if ((exitCode !== 126 && exitCode !== 127) || stdout !== '') return undefined
  const match = CANNOT_EXECUTE.exec(stderr.trimEnd().split('\n').at(-1) ?? '')
  if (!match || (!expanded && match[1] !== program)) return undefined
  return { what: 'program', errno: /^(?:Perm|Is)/.test(match[2]!) ? 13 : 2, path: match[1]! }
}

export function notStarted(reason: NotStartedReason, stderr: string): StepReply {
  return { exitCode: reason.errno === 2 ? 127 : 126, stdout: '', stderr, notStarted: reason }
}

/** The reply of a program, or that of one that could not be executed. */
export function orNotStarted(program: string, expanded: boolean, reply: StepReply): StepReply {
  const reason = programMissing(program, expanded, reply)
  return reason === undefined ? reply : notStarted(reason, reply.stderr)
}
