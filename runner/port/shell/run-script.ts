/** The script that runs one program on a channel of its own. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { quote, quoteAll } from './quote.ts'

export interface Program {
  readonly argv: readonly string[]
  readonly chdir: string | undefined
  readonly environment: Readonly<Record<string, string>>
  /** False: the program's standard input is empty. True: it is what follows the script on the channel. */
  readonly takesInput: boolean
}

/**
 * Everything (the folder, the environment, argv) is in this text and travels on standard input. The program's own argv is
 * all that `ps` on the host can show. To be sent after `startMarks`; it ends with one frame: the exit code, or `nochdir`.
 * Throws BAD_ARGUMENT for what no program can be given.
 */
export function runScript(program: Program): string {
  const changeFolder = program.chdir === undefined ? '' : `cd ${quote(folder(program.chdir))} || { over nochdir; exit 0; }\n`
  return `over() { printf '%s %s\\n' "$N" "$1"; printf '%s\\n' "$N" >&2; }
${changeFolder}(
${PATH_WITH_SBIN}
${exports(program.environment)}exec ${quoteAll(program.argv)}${program.takesInput ? '' : ' </dev/null'}
)
over $?
`
}

/** As Ansible's modules look for their tools; a path that the task sets comes later and wins. */
const PATH_WITH_SBIN = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin'

function exports(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        fail('BAD_ARGUMENT', `'${name}' cannot be the name of an environment variable`, { hint: 'Names are letters, digits and underscores.' })
      }
      return `export ${name}=${quote(value)}\n`
    })
    .join('')
}

/** `cd -` and `cd -P` mean something else. */
function folder(path: string): string {
  return path.startsWith('/') ? path : `./${path}`
}
