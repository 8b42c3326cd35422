/** `playline doc`: what modules do, from their definitions. */
import { fail } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { modulePage } from '../load/module-page.ts'
import { RUNNER_ACTIONS, type ModuleRegistry } from '../load/modules.ts'

const USAGE = 'usage: playline doc MODULE…\n       playline doc --list\n'

/** The pages of the modules that are named, or with `--list` a line for each. @throws {DiagnosticError} BAD_OPTION, UNKNOWN_MODULE */
export async function renderDoc(argv: readonly string[], modules: ModuleRegistry): Promise<string> {
  const names = argv.filter((word) => !word.startsWith('-'))
  const unknown = argv.find((word) => word.startsWith('-') && !['--list', '-l', '--help', '-h'].includes(word))
  if (unknown !== undefined) fail('BAD_OPTION', `there is no option ${unknown}`, { hint: 'There is --list.' })
  if (argv.includes('--help') || argv.includes('-h') || argv.length === 0) return USAGE
  if (names.length === 0) {
    const lines: string[] = []
    for (const name of modules.fileNames()) lines.push(`${name.padEnd(24)} ${(await modules.load(name))!.summary}\n`)
    return lines.join('')
  }
  const pages: string[] = []
  for (const written of names) {
    const name = written.slice(written.lastIndexOf('.') + 1)
    if ((RUNNER_ACTIONS as readonly string[]).includes(name)) {
      pages.push(`# ${name}\n\nPart of the runner itself, as in Ansible.\n`)
      continue
    }
    const module = modules.has(name) ? await modules.load(name) : undefined
    if (!module) fail('UNKNOWN_MODULE', `there is no module '${written}'`, { hint: didYouMean(name, modules.names()) ?? 'playline doc --list names all.' })
    pages.push(modulePage(name, module))
  }
  return pages.join('\n')
}
