/** Tests on paths of the controller; the caller looks. */
import { fail } from '../../../diagnostic/diagnostic.ts'
import { print } from '../../../value/print.ts'
import type { FileTestName } from '../engine.ts'
import { alias, test } from '../runtime/operation.ts'
import type { Test } from '../runtime/operation.ts'
import type { Run } from '../runtime/run.ts'

const fileTest = (name: FileTestName, summary: string): Test => test(name, summary, (input, _args, run) => ask(run, name, print(input)))

const directory = fileTest('directory', 'A folder.')
const file = fileTest('file', 'A regular file.')
const link = fileTest('link', 'A symbolic link.')
const linkExists = fileTest('link_exists', 'A path that is there, a broken link too.')
const mount = fileTest('mount', 'A mount point.')
const sameFile = test('same_file(other)', 'Two paths of one file.', (input, args, run) => ask(run, 'same_file', print(input), args.printed('other')))

export const FILE_TESTS: readonly Test[] = [
  directory,
  alias('is_dir', directory),
  fileTest('exists', 'A path that is there.'),
  file,
  alias('is_file', file),
  link,
  alias('is_link', link),
  linkExists,
  mount,
  alias('is_mount', mount),
  sameFile,
  alias('is_same_file', sameFile),
]

function ask(run: Run, name: FileTestName, path: string, other?: string): boolean {
  const { fileTest: hook } = run.engine.hooks
  if (hook === undefined) return fail('TEMPLATE_FAILED', `the test '${name}' cannot look at files here`)
  return other === undefined ? hook(name, path) : hook(name, path, other)
}
