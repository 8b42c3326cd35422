/** What a template of a file sees beside the variables of its task. */
import { statSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { DateTime } from '../value/date-time.ts'
import { print } from '../value/print.ts'
import type { Dict, Value } from '../value/value.ts'
import type { Scope } from './jinja/index.ts'
import { formatDate } from './jinja/runtime/datetime.ts'
import type { Evaluator } from './variables.ts'

export interface TemplateFile {
  /** As the task names it. */
  readonly path: string
  readonly absolute: string
  /** Where it is written to; undefined for a lookup. */
  readonly destination: string | undefined
  /** The text of `ansible_managed`, in which `{file}`, `{uid}`, `{host}` and the directives of strftime stand for what they are of the file. */
  readonly managed?: string | undefined
}

/** The task's scope with Ansible's `template_*` and `ansible_managed` before it, and before those `extra`. */
export function templateScope(evaluator: Evaluator, file: TemplateFile, extra?: Dict): Scope {
  const stat = statSync(file.absolute, { throwIfNoEntry: false })
  const modified = stat?.mtime ?? new Date(0)
  const own = new Map<Value, Value>([
    ['ansible_managed', managedText(file, modified, print(userName(stat?.uid)))],
    ['template_path', file.path],
    ['template_fullpath', file.absolute],
    ['template_host', hostname()],
    ['template_uid', userName(stat?.uid)],
    ['template_mtime', DateTime.local(modified)],
    ['template_run_date', DateTime.local(new Date())],
    ['template_destpath', file.destination ?? null],
    ...(extra ?? []),
  ])
  return {
    get: (name) => (own.has(name) ? own.get(name) : evaluator.get(name)),
    names: () => [...evaluator.names(), ...([...own.keys()] as string[])],
    written: (name) => (own.has(name) ? undefined : evaluator.written(name)),
    origin: (name) => (own.has(name) ? 'value' : evaluator.origin(name)),
  }
}

function managedText({ managed = 'Ansible managed', path }: TemplateFile, modified: Date, uid: string): string {
  const values: Readonly<Record<string, string>> = { host: hostname(), uid, file: path, '{': '{', '}': '}' }
  const filled = managed.replace(/\{(host|uid|file)\}|([{}])\2/g, (_whole, name?: string, brace?: string) => values[name ?? brace!]!)
  return filled.includes('%') ? formatDate(DateTime.local(modified), filled) : filled
}

/** Only our own name is known without asking the system's tables. */
function userName(uid: number | undefined): Value {
  const own = userInfo()
  return uid === undefined || uid === own.uid ? own.username : uid
}
