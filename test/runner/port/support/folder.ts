import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one test file, taken away at its end. */
export function scratch(teardown: (end: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'playline-port-'))
  teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
