/** The script that runs one program on a channel of its own. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { expandable, quote } from './quote.ts'

export interface Program {
  readonly argv: readonly string[]
  /** Whether `$NAME`, `${NAME}` and a leading `~` in argv and chdir stand for what they are on the host. */
  readonly expands: boolean
  readonly chdir: string | undefined
  readonly environment: Readonly<Record<string, string>>
  /** False: the program's standard input is empty. True: it is what follows the script on the channel. */
  readonly takesInput: boolean
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
${program.chdir === undefined ? '' : changeFolder(word(folder(program.chdir)))}${program.takesInput ? 'cat 2>/dev/null | {\n' : ''}exec 3>&1 4>&2
m=$(exec 2>&1; (
exec >&3 2>&4 3>&- 4>&-
${PATH_WITH_SBIN}
${exports(program.environment)}exec ${program.argv.map(word).join(' ')}${program.takesInput ? '' : ' </dev/null'}
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

/** As Ansible's modules look for their tools; a path that the task sets comes later and wins. */
const PATH_WITH_SBIN = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin'

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
  return /^[/~$]/.test(path) ? path : `./${path}`
}
