/** The script that runs one program on a channel of its own. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { DetachedRun } from '../port.ts'
import { WITH_SBIN } from './path.ts'
import { expandable, quote } from './quote.ts'

export interface Program {
  readonly argv: readonly string[]
  /** Whether `$NAME`, `${NAME}` and a leading `~` in argv stand for what they are on the host. */
  readonly expands: boolean
  readonly chdir: string | undefined
  readonly environment: Readonly<Record<string, string>>
  /** False: the program's standard input is empty. True: it is what follows the script on the channel. */
  readonly takesInput: boolean
  readonly detached?: DetachedRun | undefined
}

/**
 * Everything (the folder, the environment, argv) is in this text and travels on standard input. The program's own argv is
 * all that `ps` on the host can show. To be sent after `startMarks`; it ends with one frame, whose word is the exit code
 * (negative: the number of the signal that ended it), or `nochdir ERRNO`.
 *
 * The outer subshell is there for what a shell says of a program that a signal has ended (dash, busybox): that is neither
 * the program's output nor lost. bash says nothing, and 128 and more is the exit code then.
 *
 * What follows on the channel reaches the program through a pipe: the channel may be a socket, and nobody can open a
 * socket's `/dev/stdin`.
 *
 * @throws {DiagnosticError} BAD_ARGUMENT for what no program can be given.
 */
export function runScript(program: Program): string {
  const word = program.expands ? expandable : quote
  return `over() { printf '%s %s\\n' "$N" "$1"; printf '%s\\n' "$N" >&2; }
${program.chdir === undefined ? '' : changeFolder(quote(folder(program.chdir)))}${program.takesInput ? 'cat 2>/dev/null | {\n' : ''}exec 3>&1 4>&2
m=$(exec 2>&1; (
exec >&3 2>&4 3>&- 4>&-
${WITH_SBIN}
${program.detached ? folderOf(program.detached) : ''}${exports(program.environment)}${started(program, program.argv.map(word).join(' '))}
); echo "$?")
exec 3>&- 4>&-
c=\${m##*[!0-9]}
[ "$c" = "$m" ] || [ "$c" -le 128 ] || c=$((128 - c))
over "$c"
${program.takesInput ? '}\n' : ''}`
}

function changeFolder(quoted: string): string {
  return `cd ${quoted} || { if [ ! -e ${quoted} ]; then e=2; elif [ ! -d ${quoted} ]; then e=20; else e=13; fi; over "nochdir $e"; exit 0; }
`
}

function started({ detached, takesInput }: Program, argv: string): string {
  if (!detached) return `exec ${argv}${takesInput ? '' : ' </dev/null'}`
  return `u=$(umask)
umask 077
mkdir -p "$d" || exit 1
command -v setsid >/dev/null || { echo "'async' needs the program setsid on the host" >&2; exit 127; }
${takesInput ? 'cat' : ':'} >"$d/stdin" || exit 1
setsid /bin/sh -c ${quote(SUPERVISOR)} sh "$d" "$u" ${detached.limitSeconds} ${argv} </dev/null >/dev/null 2>&1 &
exit 0`
}

/** Found before the task's environment may say otherwise of HOME. */
function folderOf({ id }: DetachedRun): string {
  return `d=~/.ansible_async/${quote(id)}\n`
}

/**
 * What stays with a detached program, in a session of its own: keeps its output and its end, and ends it when its time is over. What
 * waits for that time may be ended before it leads a group; and it does nothing where the program has ended.
 */
const SUPERVISOR = `d=$1 u=$2 l=$3
shift 3
date +%s.%N >"$d/started"
: >"$d/stdout"
: >"$d/stderr"
( umask "$u"; exec setsid /bin/sh -c 'exec "$@"' sh "$@" <"$d/stdin" >"$d/stdout" 2>"$d/stderr" ) &
p=$!
setsid /bin/sh -c 'sleep "$1"; [ -e "$2/ended" ] && exit; : >"$2/overdue"; kill -TERM "-$3"; sleep 5; kill -KILL "-$3"' sh "$l" "$d" "$p" &
k=$!
wait "$p"
c=$?
date +%s.%N >"$d/ended"
kill -KILL "-$k" || kill -KILL "$k"
echo "$c" >"$d/rc.new"
mv "$d/rc.new" "$d/rc"`

/** A command line that sees these variables, for whatever shell it goes to. */
export function withEnvironment(commandLine: string, environment: Readonly<Record<string, string>>): string {
  const text = exports(environment, '; ')
  return text === '' ? commandLine : `/bin/sh -c ${quote(`${text}${commandLine}`)}`
}

function exports(environment: Readonly<Record<string, string>>, end = '\n'): string {
  return Object.entries(environment)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        fail('BAD_ARGUMENT', `'${name}' cannot be the name of an environment variable`, { hint: 'Names are letters, digits and underscores.' })
      }
      return `export ${name}=${quote(value)}${end}`
    })
    .join('')
}

/** `cd -` and `cd -P` mean something else. */
function folder(path: string): string {
  return path.startsWith('/') ? path : `./${path}`
}
