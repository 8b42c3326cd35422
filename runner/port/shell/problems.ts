/** What a person is told when a host's shell does not do what it should. Every sentence of the protocol stands here. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Become } from '../port.ts'
import { quoteAll } from './quote.ts'

/** The last words of a program, for a detail: at most 2,000 characters, undefined where it said nothing. */
export function words(...texts: readonly string[]): string | undefined {
  const said = texts
    .map((text) => text.replaceAll('\0', '').trim())
    .filter((text) => text !== '')
    .join('\n')
  return said === '' ? undefined : said.slice(-2000)
}

/** How a program is named in a message. One that holds a secret is named without its arguments. */
export function describe(argv: readonly string[], secret = false): string {
  if (secret) return `'${argv[0]} …'`
  const text = quoteAll(argv)
  return `'${text.length > 160 ? `${text.slice(0, 160)}…` : text}'`
}

/** Refused by sudo, su or doas. A password that is missing or wrong is told in Ansible's words. */
export function becomeFailed(hostName: string, become: Become, said: string | undefined): Diagnostic {
  const text = said ?? ''
  if (/a password is required|Authentication required|no password was provided/i.test(text)) return passwordMissing(hostName, become, said)
  if (become.password !== undefined && /try again|incorrect password|Authentication fail|Permission denied/i.test(text)) {
    return {
      code: 'BECOME_FAILED',
      severity: 'error',
      summary: `Incorrect ${become.method} password`,
      detail: words(`${hostName}: cannot become user '${become.user}'`, text),
      hint: 'Check the password given as ansible_become_password, and what the host allows.',
    }
  }
  return {
    code: 'BECOME_FAILED',
    severity: 'error',
    summary: `${hostName}: cannot become user '${become.user}' with ${become.method}`,
    detail: said,
    hint: becomeHint(become, text),
  }
}

export function passwordMissing(hostName: string, become: Become, said: string | undefined): Diagnostic {
  return {
    code: 'BECOME_FAILED',
    severity: 'error',
    summary: `Missing ${become.method} password`,
    detail: words(`${hostName}: cannot become user '${become.user}'`, said ?? ''),
    hint: 'Give it as ansible_become_password, with --ask-become-pass or with --become-password-file.',
  }
}

function becomeHint(become: Become, said: string): string {
  if (/must have a tty/.test(said)) return 'This host wants a terminal for sudo, and there is none: take `requiretty` out of its sudoers.'
  if (/a tty is required/.test(said))
    return 'doas asks for a password on a terminal; install `script` (util-linux) on the host, or give the user `nopass` in doas.conf.'
  if (/unknown user|does not exist/i.test(said)) return 'There is no such user on the host.'
  if (/not found/.test(said)) return `Install ${become.method} on the host, or log in as the user that is wanted.`
  if (/account is currently not available|nologin/.test(said)) return 'su runs the login shell of the user; choose another one with become_flags: -s /bin/sh'
  if (become.password !== undefined) return `Check the password given as ansible_become_password, and what ${become.method} allows on the host.`
  return `If ${become.method} asks for a password there, give one as ansible_become_password.`
}

export function shellDidNotStart(hostName: string, said: string | undefined): Diagnostic {
  return {
    code: 'UNREACHABLE',
    severity: 'error',
    summary: `${hostName}: logged in, but no shell could be started`,
    detail: said,
    hint: "The user's login shell has to run commands; /bin/sh has to exist.",
  }
}

export function shellStartTimedOut(hostName: string, become: Become | undefined, limitMs: number, said: string | undefined): Diagnostic {
  const who = become ? ` as user '${become.user}'` : ''
  return { code: 'TIMED_OUT', severity: 'error', summary: `${hostName}: a shell${who} did not start within ${seconds(limitMs)}`, detail: said }
}

export function connectionLost(hostName: string, said?: string): Diagnostic {
  return { code: 'CONNECTION_LOST', severity: 'error', summary: `${hostName}: the connection was lost`, detail: said }
}

export function shellEnded(hostName: string, doing: string, said: string | undefined): Diagnostic {
  return { code: 'CONNECTION_LOST', severity: 'error', summary: `${hostName}: the shell ended while ${doing}`, detail: said }
}

export function timedOut(what: string, limitMs: number, said?: string): Diagnostic {
  return { code: 'TIMED_OUT', severity: 'error', summary: `${what} did not end within ${seconds(limitMs)} and was stopped`, detail: said }
}

export function overLimit(what: string, limitBytes: number): Diagnostic {
  return { code: 'LIMIT_EXCEEDED', severity: 'error', summary: `${what} gave more than ${limitBytes} bytes` }
}

export function queryFailed(argv: readonly string[], exitCode: number, said: string | undefined): Diagnostic {
  const notThere = exitCode === 127
  return {
    code: 'PROBE_FAILED',
    severity: 'error',
    summary: notThere ? `there is no program '${argv[0]}' on the host` : `${describe(argv)} ended with exit code ${exitCode}`,
    detail: said,
  }
}

export function fileUnreadable(path: string, said: string): Diagnostic {
  return { code: 'PROBE_FAILED', severity: 'error', summary: `cannot read ${path}`, detail: said }
}

export function putFailed(path: string, said: string | undefined): Diagnostic {
  return { code: 'STEP_FAILED', severity: 'error', summary: `cannot write ${path}`, detail: said }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}
