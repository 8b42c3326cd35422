/**
 * What a person is told when something in their files, arguments or hosts is wrong.
 *
 * Faults are collected and shown together; the pipeline throws a `DiagnosticError` only where it cannot go on. Defects of
 * the program itself are ordinary errors and keep their stack trace.
 */
import type { SourceRange } from './source.ts'

/** Every code, once. A code names the rule that was broken, not the place that found it. */
export type DiagnosticCode =
  // argv and files
  | 'BAD_EXTRA_VARS'
  | 'BAD_OPTION'
  | 'FILE_NOT_FOUND'
  | 'FILE_UNREADABLE'
  | 'YAML_SYNTAX'
  | 'DUPLICATE_KEY'
  | 'WRONG_TYPE'
  | 'UNKNOWN_KEYWORD'
  | 'UNSUPPORTED_KEYWORD'
  | 'UNSUPPORTED_VALUE'
  | 'MISSING_KEYWORD'
  | 'CONFLICTING_ACTIONS'
  | 'MISSING_ACTION'
  | 'UNKNOWN_MODULE'
  | 'UNKNOWN_ROLE'
  | 'UNKNOWN_HANDLER'
  | 'UNKNOWN_HOST_PATTERN'
  | 'BAD_INVENTORY'
  | 'VAULT_FAILED'
  | 'INCLUDE_CYCLE'
  // values and templates
  | 'BAD_ARGUMENT'
  | 'ROLE_ARGUMENT'
  | 'TEMPLATE_SYNTAX'
  | 'UNDEFINED_VARIABLE'
  | 'TEMPLATE_FAILED'
  | 'RECURSIVE_TEMPLATE'
  | 'UNKNOWN_FILTER'
  | 'UNKNOWN_TEST'
  | 'UNKNOWN_LOOKUP'
  | 'LOOKUP_FAILED'
  | 'LIMIT_EXCEEDED'
  // hosts
  | 'UNREACHABLE'
  | 'HOST_KEY_UNKNOWN'
  | 'HOST_KEY_CHANGED'
  | 'HOST_KEY_REVOKED'
  | 'AUTHENTICATION_FAILED'
  | 'BECOME_FAILED'
  | 'TIMED_OUT'
  | 'CONNECTION_LOST'
  | 'UNSUPPORTED_SSH_OPTION'
  // the cloud
  | 'CLOUD_SDK_MISSING'
  | 'CLOUD_CONFIG'
  | 'CLOUD_UNREACHABLE'
  | 'CLOUD_REFUSED'
  // tasks
  | 'PROBE_FAILED'
  | 'STEP_FAILED'
  | 'REFUSED'
  | 'ASSERTION_FAILED'
  | 'MODULE_BROKE_PROMISE'
  | 'DID_NOT_SETTLE'
  | 'FAILED_WHEN'

type Severity = 'error' | 'warning'

export interface Diagnostic {
  readonly code: DiagnosticCode
  readonly severity: Severity
  /** One line, without a full stop: what is wrong. */
  readonly summary: string
  /** More, where one line does not do: the words of the program that refused, what was there instead. */
  readonly detail?: string | undefined
  readonly range?: SourceRange | undefined
  /** What to do, as a sentence. */
  readonly hint?: string | undefined
  /** Ansible's words, where playbooks may look for them in the `msg` of a task's result; default: the summary. */
  readonly resultMessage?: string | undefined
}

/** Carries diagnostics to the one place that shows them. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[]
  constructor(diagnostics: Diagnostic | readonly Diagnostic[], options?: { cause?: unknown }) {
    const all = Array.isArray(diagnostics) ? (diagnostics as readonly Diagnostic[]) : [diagnostics as Diagnostic]
    super(all.map((each) => each.summary).join('; '), options)
    this.name = 'DiagnosticError'
    this.diagnostics = [...new Set(all)]
  }

  /** The first diagnostic: what a task's `msg` is made of. */
  get first(): Diagnostic {
    return this.diagnostics[0]!
  }
}

/** Throws an error diagnostic. */
export function fail(code: DiagnosticCode, summary: string, more: Omit<Partial<Diagnostic>, 'code' | 'summary'> = {}): never {
  throw new DiagnosticError({ code, severity: 'error', summary, ...more })
}
