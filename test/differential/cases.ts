/**
 * The playbooks of the comparison with Ansible. A case is `cases/GROUP/NAME.yml`, or a folder `cases/GROUP/NAME` with `play.yml` and whatever it
 * needs beside it. Comments at the top of the playbook say how it is run:
 *
 *     # playbooks: first.yml second.yml   instead of its own name
 *     # inventory: -i hosts -i more       instead of the common file `hosts`
 *     # run: --tags one                   one command line; several lines are run one after the other, in the same folder
 *     # answers: y n c                    lines on standard input
 *     # env: NAME=value NAME=value
 *     # roles: common                     the roles of `test/differential/roles` stand beside the playbook
 *     # order: free                       tasks are compared host by host, whatever their order between hosts
 *     # diff: yes                         the tasks' differences are compared, as they are under --diff
 *     # cache: no                         the answer depends on more than the case's text, such as facts of this machine
 */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './root.ts'

export interface Case {
  /** `GROUP/NAME`. */
  readonly name: string
  readonly group: string
  readonly playbooks: readonly string[]
  readonly inventory: readonly string[]
  /** The options of each command line. */
  readonly runs: readonly (readonly string[])[]
  readonly environment: Readonly<Record<string, string>>
  /** What stands on standard input. */
  readonly input: string
  readonly orderFree: boolean
  readonly comparesDiffs: boolean
  readonly cacheable: boolean
  /** Changes with any byte of what the case is made of. */
  readonly digest: string
  /** Writes the case's files into an empty folder. */
  copyTo(folder: string): void
}

const HERE = path.join(ROOT, 'test/differential')
const CASES = path.join(HERE, 'cases')

/** Every case, sorted by name. */
export function readCases(): Case[] {
  return readdirSync(CASES)
    .sort()
    .flatMap((group) =>
      readdirSync(path.join(CASES, group))
        .sort()
        .map((entry) => readCase(group, entry)),
    )
}

function readCase(group: string, entry: string): Case {
  const source = path.join(CASES, group, entry)
  const folder = statSync(source).isDirectory()
  const own = folder ? 'play.yml' : entry
  const header = headerOf(readFileSync(folder ? path.join(source, own) : source, 'utf8'))
  const shared = header.get('roles')?.includes('common') === true ? path.join(HERE, 'roles') : undefined
  const hosts = folder && existsSync(path.join(source, 'hosts')) ? undefined : path.join(HERE, 'hosts')
  const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')
  return {
    name: `${group}/${entry.replace(/\.yml$/, '')}`,
    group,
    playbooks: words(header.get('playbooks')?.[0] ?? own),
    inventory: header.has('inventory') ? quotedWords(header.get('inventory')![0]!) : ['-i', 'hosts'],
    runs: (header.get('run') ?? ['']).map(quotedWords),
    environment: Object.fromEntries(
      (header.get('env') ?? []).flatMap(quotedWords).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    ),
    input: words(header.get('answers')?.[0] ?? '')
      .map((line) => `${line}\n`)
      .join(''),
    orderFree: header.get('order')?.includes('free') === true,
    comparesDiffs: header.get('diff')?.includes('yes') === true,
    cacheable: header.get('cache')?.includes('no') !== true,
    digest: digestOf([source, ...(shared === undefined ? [] : [shared]), ...(hosts === undefined ? [] : [hosts])]),
    copyTo: (target) => {
      mkdirSync(target, { recursive: true })
      cpSync(source, folder ? target : path.join(target, entry), { recursive: true, verbatimSymlinks: true })
      if (shared !== undefined) cpSync(shared, path.join(target, 'roles'), { recursive: true })
      if (hosts !== undefined) cpSync(hosts, path.join(target, 'hosts'))
    },
  }
}

/** The comments before the first line of YAML, by their word. */
function headerOf(text: string): Map<string, string[]> {
  const header = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    if (!line.startsWith('#')) break
    const [, word, value] = /^# (\w+):\s*(.*)$/.exec(line) ?? []
    if (word !== undefined) header.set(word, [...(header.get(word) ?? []), value!])
  }
  return header
}

/** Words as a shell splits them, with single and double quotes and nothing else. */
function quotedWords(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_all, single?: string, double?: string) => single ?? double ?? ''),
  )
}

function digestOf(sources: readonly string[]): string {
  const hash = createHash('sha256')
  const add = (source: string): void => {
    const stat = statSync(source)
    hash.update(`\0${path.relative(HERE, source)}\0${stat.mode}\0`)
    if (stat.isDirectory()) for (const entry of readdirSync(source).sort()) add(path.join(source, entry))
    else hash.update(readFileSync(source))
  }
  for (const source of sources) add(source)
  return hash.digest('hex')
}
