/**
 * The command lines with which a shell is started, as who logged in or as another user.
 *
 * They go to the login shell, whichever that is (bash, csh, fish, …). So they are one word list: `exec`, and arguments
 * that hold no newline and no quote inside quotes. Scripts travel on standard input, where no `ps` sees them.
 */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { Become } from '../port.ts'
import { quote, quoteAll } from './quote.ts'

/**
 * Reads a script of as many lines as its first line says, then runs it. Whatever follows on standard input is left for the
 * programs in it: `read` takes no byte beyond its line.
 */
const READ_SCRIPT =
  'IFS= read -r n; e=$(printf "\\n."); e=${e%.}; s=; while [ "$n" -gt 0 ]; do IFS= read -r l || exit 1; s="$s$l$e"; n=$((n - 1)); done; eval "$s"'

/** Reads and runs commands for as long as there are any. */
const READ_COMMANDS = 'exec /bin/sh'

/** Sudo where it exists; without it only who already is the wanted user can go on. */
const SUDO_OR_ALREADY =
  'u=$1; b=$2; shift 2; if command -v sudo >/dev/null 2>&1; then exec sudo "$@" -u "$u" -- /bin/sh -c "$b"; elif [ "$(id -un)" = "$u" ]; then exec /bin/sh -c "$b"; fi; echo "sudo: command not found" >&2; exit 127'

export type ShellKind = 'session' | 'script'

/** A script as READ_SCRIPT takes it. */
export function framedScript(script: string): string {
  const text = script.endsWith('\n') ? script : `${script}\n`
  return `${text.split('\n').length - 1}\n${text}`
}

/**
 * The command line for a shell. With a become password, sudo asks for it by printing `prompt` on standard error, and the
 * shell prints `ready` on standard output before it reads anything: only then may a script be sent, lest a sudo that asks
 * for no password hands the password to the shell.
 */
export function shellCommand(kind: ShellKind, become: Become | undefined, marks: { prompt: string; ready: string }): string {
  const body = kind === 'session' ? READ_COMMANDS : READ_SCRIPT
  if (!become) return `exec /bin/sh -c ${quote(body)}`
  checkUser(become.user)
  const asks = become.password !== undefined
  return [
    'exec /bin/sh -c',
    quote(SUDO_OR_ALREADY),
    'playline',
    quote(become.user),
    quote(asks ? `echo ${marks.ready}; ${body}` : body),
    quoteAll(sudoFlags(become)),
    asks ? `-S -p ${quote(marks.prompt)}` : '-n',
  ].join(' ')
}

/** Whether a password has to be waited for. */
export function asksForPassword(become: Become | undefined): become is Become & { password: string } {
  return become?.password !== undefined
}

/** The flags that were asked for (`become_flags`), without those that are ours to decide. */
function sudoFlags(become: Become): string[] {
  const flags = become.flags ?? ['-H']
  return flags
    .filter((flag) => flag !== '--stdin' && flag !== '--non-interactive')
    .map((flag) => (/^-[A-Za-z]+$/.test(flag) ? flag.replaceAll(/[nS]/g, '') : flag))
    .filter((flag) => flag !== '-')
}

function checkUser(user: string): void {
  if (user === '' || user.startsWith('-') || /[\x00-\x1f'"]/.test(user)) fail('BAD_ARGUMENT', `'${user}' is no user name`)
}
