/** What of a run is compared: JSON output without what is another each time, or is no promise of either program. */
import type { Case } from './cases.ts'
import type { Played } from './play.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = Readonly<Record<string, Json>>

export interface Story {
  readonly runs: readonly RunStory[]
  readonly files: Readonly<Record<string, string>>
}
/** Before anything ran, either program ends with 1 or 4, each by rules of its own. */
const REFUSED = '1 or 4, before anything ran'

export interface RunStory {
  readonly exitCode: number | typeof REFUSED
  /** What a listing printed; empty where a playbook was played. */
  readonly text: string
  readonly plays: readonly { readonly name: string; readonly tasks: readonly TaskStory[] }[]
  readonly stats: JsonObject
  readonly customStats: JsonObject
}
export interface TaskStory {
  readonly name: string
  readonly hosts: Readonly<Record<string, JsonObject>>
}

interface Document {
  readonly plays: readonly {
    readonly play: { readonly name: string }
    readonly tasks: readonly { readonly task: { readonly name: string }; readonly hosts: Readonly<Record<string, JsonObject>> }[]
  }[]
  readonly stats: JsonObject
  readonly custom_stats?: JsonObject
  readonly global_custom_stats?: JsonObject
}

export function storyOf(each: Case, played: Played): Story {
  return { runs: played.runs.map((run, index) => runStory(each, run, showsDiffs(each, index))), files: played.files }
}

/** A difference is only promised where it was asked for. */
function showsDiffs(each: Case, run: number): boolean {
  return each.comparesDiffs || each.runs[run]!.some((word) => /^(?:--diff|-\w*D\w*)$/.test(word))
}

function runStory(each: Case, { stdout, exitCode }: Played['runs'][number], diffs: boolean): RunStory {
  const document = documentIn(stdout)
  if (!document) {
    const text = stdout.includes('"plays":') ? 'an unfinished document' : listing(stdout)
    return { exitCode: refusal(exitCode), text, plays: [], stats: {}, customStats: {} }
  }
  const plays = document.plays.map(({ play, tasks }) => {
    const seen = tasks.flatMap(({ task, hosts }): TaskStory[] => {
      const results = Object.entries(hosts).filter(([, result]) => !isMeta(result))
      return results.length === 0 ? [] : [{ name: task.name, hosts: Object.fromEntries(results.map(([host, result]) => [host, fieldsOf(result, diffs)])) }]
    })
    return { name: play.name, tasks: each.orderFree ? byHost(seen) : seen }
  })
  return {
    exitCode: plays.length === 0 ? refusal(exitCode) : exitCode,
    text: '',
    plays,
    stats: document.stats,
    customStats: { ...document.custom_stats, ...document.global_custom_stats },
  }
}

function refusal(exitCode: number): RunStory['exitCode'] {
  return exitCode === 1 || exitCode === 4 ? REFUSED : exitCode
}

function documentIn(stdout: string): Document | undefined {
  // Ansible prints one for each playbook of the command line, the last with the plays of all.
  const start = `\n${stdout}`.lastIndexOf('\n{\n')
  if (start < 0) return undefined
  try {
    return JSON.parse(stdout.slice(start, stdout.lastIndexOf('}') + 1)) as Document
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** White space aside, and with the hosts of a play in one order: Ansible lists a set. */
function listing(stdout: string): string {
  const lines = stdout
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '')
  const sorted: string[] = []
  for (let index = 0; index < lines.length; index++) {
    sorted.push(lines[index]!)
    const count = Number(/^hosts \((\d+)\):$/.exec(lines[index]!)?.[1] ?? 0)
    sorted.push(...lines.slice(index + 1, index + 1 + count).sort())
    index += count
  }
  return sorted.join('\n')
}

/** As it is written in the task. */
function actionOf(result: JsonObject): string {
  const { action } = result
  return typeof action === 'string' ? action : ''
}

/** Meta tasks are left out; a skipped one of Ansible's has a result. */
function isMeta(result: JsonObject): boolean {
  return /^(?:ansible\.(?:builtin|legacy)\.)?meta$/.test(actionOf(result))
}

/** One task a host, as `strategy: free` reports it, the hosts one after the other. */
function byHost(tasks: readonly TaskStory[]): TaskStory[] {
  const hosts = [...new Set(tasks.flatMap((task) => Object.keys(task.hosts)))].sort()
  return hosts.flatMap((host) => tasks.flatMap(({ name, hosts: { [host]: result } }) => (result ? [{ name, hosts: { [host]: result } }] : [])))
}

const PATHS = ['dest', 'path', 'mode', 'state', 'checksum']
/** What is compared of a result, by the action's last word, besides what every result has. */
const BY_ACTION: Readonly<Record<string, readonly string[]>> = {
  fail: ['msg'],
  assert: ['msg', 'assertion', 'evaluated_to'],
  command: ['rc', 'stdout', 'stderr'],
  shell: ['rc', 'stdout', 'stderr'],
  raw: ['rc', 'stdout', 'stderr'],
  script: ['rc', 'stdout', 'stderr'],
  set_fact: ['ansible_facts'],
  include_vars: ['ansible_facts'],
  stat: ['exists', 'isdir', 'isreg', 'islnk', 'mode', 'checksum', 'lnk_source', 'pw_name', 'executable', 'readable'],
  slurp: ['content', 'encoding'],
  group_by: ['add_group', 'parent_groups'],
  add_host: ['add_host'],
  copy: PATHS,
  template: PATHS,
  file: PATHS,
  fetch: PATHS,
  assemble: PATHS,
  lineinfile: [...PATHS, 'msg'],
  blockinfile: [...PATHS, 'msg'],
  replace: [...PATHS, 'msg'],
}
const ALWAYS = ['ansible_loop_var', 'ansible_index_var', '_ansible_item_label', 'attempts', 'failed_when_result', 'censored', 'skip_reason']
/** What a result of `debug` has beside what it shows. */
const BOOKKEEPING = new Set([
  'unknown',
  'action',
  'changed',
  'failed',
  'skipped',
  'skip_reason',
  'false_condition',
  'unreachable',
  'results',
  'warnings',
  'deprecations',
  'exception',
  ...ALWAYS,
])

function fieldsOf(result: JsonObject, diffs: boolean): JsonObject {
  const action = actionOf(result)
  const kind = action.split('.').at(-1)!
  const fields: Record<string, Json> = { status: statusOf(result) }
  if ('action' in result) fields['action'] = action
  const keep = (name: string): void => {
    if (name in result) fields[name] = stable(result[name]!)
  }
  for (const name of ALWAYS) keep(name)
  // DESIGN, Check: what is not known in a dry run is skipped, and names the task that it comes from. Whether it is skipped is compared.
  if (typeof fields['skip_reason'] === 'string' && fields['skip_reason'].startsWith('unknown, because of ')) delete fields['skip_reason']
  // What is wrong with the condition, instead of its value.
  if (typeof fields['failed_when_result'] === 'string') fields['failed_when_result'] = 'AN ERROR'
  // One difference, or a list of them; where nothing differs there is an empty list, or none.
  if (diffs && 'diff' in result) {
    const diff = [result['diff']!].flat().filter((each) => each !== '')
    if (diff.length > 0) fields['diff'] = diff.map(stable)
  }
  const loopVariables = ['ansible_loop_var', 'ansible_index_var'].flatMap((name) => (typeof result[name] === 'string' ? [result[name]] : []))
  for (const name of loopVariables) keep(name)
  if ('censored' in result) return fields
  const { results } = result
  if (Array.isArray(results) && !('ansible_loop_var' in result) && isLoop(results as Json[])) {
    fields['results'] = (results as JsonObject[]).map((item) => fieldsOf({ action, ...item }, diffs))
    if ('msg' in result) fields['msg'] = result['msg']!
    return fields
  }
  const failed = fields['status'] === 'failed' || fields['status'] === 'unreachable'
  // Where the engine failed there is none of what the module answers, and how a failure is worded is free.
  if (failed && !['command', 'shell', 'raw', 'script', 'fail', 'assert'].includes(kind)) return fields
  if (kind === 'debug') {
    for (const [name, value] of Object.entries(result)) {
      if (!BOOKKEEPING.has(name) && !name.startsWith('_ansible')) fields[name] = stable(value)
    }
    return fields
  }
  if (fields['status'] === 'skipped') return fields
  if (failed && !('rc' in result) && kind !== 'fail' && kind !== 'assert') return fields
  if (kind === 'assert' && failed && !('assertion' in result)) return fields
  if (kind === 'fail' && typeof result['msg'] === 'string' && / is undefined/.test(result['msg'])) return fields
  const source = kind === 'stat' ? ((result['stat'] ?? {}) as JsonObject) : result
  for (const name of BY_ACTION[kind] ?? []) if (name in source) fields[name] = stable(source[name]!)
  return fields
}

function isLoop(results: readonly Json[]): boolean {
  return results.every((item) => item !== null && typeof item === 'object' && 'ansible_loop_var' in item)
}

function statusOf(result: JsonObject): string {
  for (const status of ['unreachable', 'failed', 'skipped', 'changed']) if (result[status] === true) return status
  return 'ok'
}

/** Other each time. */
const VOLATILE = new Set(['start', 'end', 'stop', 'delta', 'atime', 'mtime', 'ctime', 'ansible_job_id', 'results_file', 'inode', 'ino', 'dev'])
/** In a registered result, and no promise of either program: how a warning is worded. */
const LEFT_OUT = new Set(['warnings', 'deprecations', 'exception', 'invocation', 'discovered_interpreter_python'])

function stable(value: Json): Json {
  if (Array.isArray(value)) return (value as Json[]).map(stable)
  if (value === null || typeof value !== 'object') return value
  // The version in a stat is that of the inode.
  const isVolatile = (key: string): boolean => VOLATILE.has(key) || (key === 'version' && 'inode' in value)
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([key]) => !LEFT_OUT.has(key))
      .map(([key, each]) => [key, isVolatile(key) ? 'VOLATILE' : stable(each)]),
  )
}
