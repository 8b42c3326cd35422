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

/** Where the program is missing, only who already is the wanted user can go on. `$1` is the user, `$2` the shell's body; the rest is the program. */
const orAlready = (start: string): string =>
  `u=$1; b=$2; shift 2; if command -v "$1" >/dev/null 2>&1; then ${start}; elif [ "$(id -un)" = "$u" ]; then exec /bin/sh -c "$b"; fi; echo "$1: command not found" >&2; exit 127`

const WITH_SHELL = orAlready('exec "$@" /bin/sh -c "$b"')

/** `su` has the user's own shell run what it is given. */
const SU = orAlready('exec "$@" -c "$b"')

/**
 * doas asks on a terminal and nowhere else. `script` makes one, for the question alone: the shell's input and output stay
 * the channel's (6, 4, 5), what the terminal shows goes to standard error, and the one line that is typed is the channel's
 * first. Where no password is wanted there is no question, and nothing may read that line.
 */
const DOAS_ASKING = orAlready(
  [
    'if "$@" -n /bin/sh -c : 2>/dev/null; then exec "$@" -n /bin/sh -c "$b"; fi',
    'command -v script >/dev/null 2>&1 || exec "$@" /bin/sh -c "$b"',
    'export PLAYLINE_B="$b" PLAYLINE_A="$*"',
    'exec 6<&0 4>&1 5>&2',
    '{ IFS= read -r p; printf "%s\\n" "$p"; } | SHELL=/bin/sh script -qec "exec $PLAYLINE_A /bin/sh -c \\"\\$PLAYLINE_B\\" <&6 >&4 2>&5" /dev/null >&2',
    'exit',
  ].join('; '),
)

export type ShellKind = 'session' | 'script'

/** A script as READ_SCRIPT takes it. */
export function framedScript(script: string): string {
  const text = script.endsWith('\n') ? script : `${script}\n`
  return `${text.split('\n').length - 1}\n${text}`
}

export interface Marks {
  /** What sudo is told to ask with. */
  readonly prompt: string
  /** What the shell prints on standard output before it reads anything. */
  readonly ready: string
}

/**
 * The command line for a shell. Where a password may be asked for (see `waits`), the shell prints `ready` before it reads
 * anything: only then may a script be sent, lest a question that never comes hands the password to the shell, or one that
 * was not expected takes the script for an answer.
 */
export function shellCommand(kind: ShellKind, become: Become | undefined, marks: Marks): string {
  const plain = kind === 'session' ? READ_COMMANDS : READ_SCRIPT
  if (!become) return `exec /bin/sh -c ${quote(plain)}`
  checkUser(become.user)
  const said = waits(become) ? `echo ${marks.ready}; ${plain}` : plain
  const body = become.method === 'sudo' && become.flags?.some((flag) => /^-[A-Za-z]*[is]|^--(?:login|shell)$/.test(flag)) ? withoutDollars(said) : said
  const program = become.executable ?? [become.method]
  const start = (script: string, shellBody: string, words: readonly string[]): string =>
    `exec /bin/sh -c ${quote(script)} playline ${quoteAll([become.user, shellBody, ...program, ...words])}`
  switch (become.method) {
    case 'sudo':
      return start(WITH_SHELL, body, [...sudoFlags(become), ...(become.password === undefined ? ['-n'] : ['-S', '-p', marks.prompt]), '-u', become.user, '--'])
    case 'su':
      return start(SU, `exec /bin/sh -c ${quote(body)}`, [...(become.flags ?? []), become.user])
    case 'doas': {
      const flags = (become.flags ?? []).filter((flag) => flag !== '-n')
      if (become.password === undefined) return start(WITH_SHELL, body, [...flags, '-n', '-u', become.user])
      return start(DOAS_ASKING, body, [...flags, '-u', become.user])
    }
  }
}

/**
 * The command line for a program on a terminal: as who logged in it is what was asked for, for the login shell; as another
 * user it runs in /bin/sh, once `ready` was printed. On a terminal doas can ask, and needs no other one.
 */
export function terminalCommand(commandLine: string, become: Become | undefined, marks: Marks): string {
  if (!become) return commandLine
  checkUser(become.user)
  const said = `echo ${marks.ready}; ${commandLine}`
  const program = become.executable ?? [become.method]
  const flags = become.method === 'sudo' ? sudoFlags(become) : (become.flags ?? [])
  const asking = become.method === 'sudo' ? (become.password === undefined ? ['-n'] : ['-S', '-p', marks.prompt]) : []
  const quiet = become.method === 'doas' && become.password === undefined && !flags.includes('-n') ? ['-n'] : []
  if (become.method === 'su') return quoteAll([...program, ...flags, become.user, '-c', said])
  return quoteAll([...program, ...flags, ...asking, ...quiet, '-u', become.user, ...(become.method === 'sudo' ? ['--'] : []), '/bin/sh', '-c', said])
}

/** With -i and -s, sudo quotes the command for the user's shell, but for `$`: every character that needs it is an octal number here. */
function withoutDollars(body: string): string {
  const octal = body.replaceAll(/[^A-Za-z0-9_-]/g, (character) => String.raw`\\\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return `eval "\`printf %b ${octal}\`"`
}

/** Whether nothing may be sent before the shell has said that it is ready: `su` cannot be told to ask for nothing. */
export function waits(become: Become | undefined): become is Become {
  return become !== undefined && (become.password !== undefined || become.method === 'su')
}

/** How often what was heard so far asks for a password. su and doas ask in the host's language: a last line that ends with a colon. */
export function questions(become: Become, heard: string, marks: Marks): number {
  if (become.method === 'sudo') return heard.split(marks.prompt).length - 1
  return /[^\r\n][:\uff1a]\s*$/.test(heard) ? 1 : 0
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
