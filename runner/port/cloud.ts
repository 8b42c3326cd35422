/** The port to Oracle Cloud Infrastructure. Nothing above it knows the SDK, HTTP or retries. */
import type { CloudRead, CloudReply, CloudStep } from '../contract/cloud.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'

/** The answer to one read: a reply, or why there is none. */
export type CloudOutcome = { readonly reply: CloudReply } | { readonly problem: Diagnostic }

export interface CloudPort {
  /** Carries out reads, in any order; the outcomes are in the order of the reads. Equal reads are sent once. */
  read(reads: readonly CloudRead[]): Promise<CloudOutcome[]>
  /**
   * Carries out a step. What is refused for the moment (429, 409 IncorrectState, 5xx) and what got no answer is sent again, for a
   * bounded time, with the same retry token, so that a lost reply makes no second resource.
   *
   * @throws {DiagnosticError} CLOUD_REFUSED, CLOUD_UNREACHABLE, CLOUD_CONFIG, CLOUD_SDK_MISSING.
   */
  call(step: CloudStep): Promise<CloudReply>
}
