/** Loads playbooks from files in a folder made for one test, with the names of a few modules. */
import path from 'node:path'
import { PlaybookLoader, type Play } from '../../../runner/load/playbook.ts'
import { Reader } from '../../../runner/load/reader.ts'
import { RoleLoader } from '../../../runner/load/role.ts'
import { PlayCompiler, TaskCounter } from '../../../runner/plan/compile.ts'
import type { CompiledPlay } from '../../../runner/plan/compiled.ts'
import { faultLine } from '../../support/faults.ts'

const MODULES = ['command', 'copy', 'debug', 'include_role', 'include_tasks', 'meta', 'set_fact', 'shell', 'stat']

export interface LoadedFiles {
  readonly plays: Play[]
  readonly loader: PlaybookLoader
  readonly roles: RoleLoader
  readonly folder: string
  /** `CODE path:line:column summary | hint`, a line each, also those of roles that were asked for. */
  readonly faults: () => string[]
}

interface MakesFolders {
  testdir(files: never): string
}

/** `files` as `t.testdir` takes them; `p.yml` is loaded. */
export function loadFiles(t: MakesFolders, files: object): LoadedFiles {
  const folder = t.testdir(files as never)
  const reader = new Reader(() => undefined, folder)
  const loader = new PlaybookLoader(reader, { has: (name) => MODULES.includes(name), names: () => MODULES }, (template) => template.text)
  const roles = new RoleLoader(reader, loader)
  const plays = loader.load(path.join(folder, 'p.yml'))
  return { plays, loader, roles, folder, faults: () => [...loader.faults, ...roles.faults].map(faultLine) }
}

/** The first play, compiled; templates in names of imports are left as they are. */
export function compileFirst(loaded: LoadedFiles): CompiledPlay {
  const { loader: playbooks, roles, folder } = loaded
  return new PlayCompiler(loaded.plays[0]!, {
    playbooks,
    roles,
    counter: new TaskCounter(),
    workingFolder: folder,
    text: (template) => template.text,
  }).compile()
}
