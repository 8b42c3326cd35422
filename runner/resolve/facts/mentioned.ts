/** Which facts templates mention: what a play will ask for is read at its start, in one round trip. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { COLLECTORS, FACT_NAMES, giverOf, type Collector } from './index.ts'

const NAMES: ReadonlySet<string> = new Set(FACT_NAMES)

/** Variables named like facts that say how to reach a host, or that a run itself has: no host ever gives these. */
const NO_FACTS = new RegExp(
  `^ansible_(?:${[
    'facts|connection|host|port|user|password|private_key_file|timeout|pipelining|executable|remote_tmp|async_dir|managed|version',
    'check_mode|diff_mode|forks|limit|run_tags|skip_tags|verbosity|config_file|playbook_python|inventory_sources|search_path',
    'failed_task|failed_result|delegated_vars|item_label|index_var|loop.*|play_.*|role_.*|parent_role_.*|dependent_role_names|collection_name',
    'host_key_checking|become|(?:become|sudo|su|shell|paramiko|sftp|scp|winrm|psrp|control|network|common_remote)_.*|.*_interpreter',
    // Host keys are facts, and so are bridges; what else begins so is of the connection.
    'ssh_(?!host_key_(?!checking$)).*|(?:docker|podman)_(?!.*bridge$).*',
  ].join('|')})$`,
)

/** What is kept of the gathering itself. */
const ABOUT_GATHERING: ReadonlySet<string> = new Set(['gather_subset', 'module_setup', '_ansible_facts_gathered'])

/** Whether a host may give a variable of this name as a fact. */
export function mayBeFact(variable: string): boolean {
  return variable.startsWith('ansible_') ? !NO_FACTS.test(variable) : ABOUT_GATHERING.has(variable)
}

const MENTION = /\bansible_facts\b(?:\s*\.\s*get\s*\(\s*|\s*\[\s*|\s*\.\s*)?(?:(['"])(\w*)\1|(\w+))?|\bansible_(\w*)/g

/** The collectors of all facts that a text mentions, in whichever way. Facts as a whole are all. */
export function mentionedIn(text: string): Set<Collector> {
  const found = new Set<Collector>()
  for (const [whole, , quoted, plain, variable] of text.matchAll(MENTION)) {
    const name = variable ?? quoted ?? (/\[\s*\w+$/.test(whole) ? undefined : plain)
    if (variable === undefined && (name === undefined || name === '')) return new Set(COLLECTORS)
    // `ansible_` alone is put together with the name of an interface.
    if (NAMES.has(name!) || (variable !== undefined && (variable === '' || mayBeFact(`ansible_${variable}`)))) found.add(giverOf(name!))
  }
  return found
}

const MAX_FILES = 2000
const MAX_FILE_BYTES = 1024 * 1024
const SKIPPED = new Set(['files', 'molecule', 'tests', 'node_modules'])

/** The same for all files in a folder, such as a role's. What cannot be read mentions nothing. */
export function mentionedBelow(folder: string): Set<Collector> {
  const found = new Set<Collector>()
  let files = 0
  const visit = (each: string): void => {
    for (const entry of entriesOf(each)) {
      const absolute = path.join(each, entry.name)
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && !entry.name.startsWith('.')) visit(absolute)
      else if (entry.isFile() && files++ < MAX_FILES) for (const collector of mentionedIn(textOf(absolute))) found.add(collector)
    }
  }
  visit(folder)
  return found
}

function entriesOf(folder: string): ReturnType<typeof listing> {
  try {
    return listing(folder)
  } catch {
    return []
  }
}

const listing = (folder: string) => readdirSync(folder, { withFileTypes: true })

function textOf(absolute: string): string {
  try {
    return statSync(absolute).size > MAX_FILE_BYTES ? '' : readFileSync(absolute, 'utf8')
  } catch {
    return ''
  }
}
