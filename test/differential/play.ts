/** Plays one case with one of the two programs, in a folder of its own, and tells all that can be seen of it. */
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Case } from './cases.ts'
import { ROOT } from './root.ts'

export interface Played {
  /** One a command line. */
  readonly runs: readonly { readonly stdout: string; readonly stderr: string; readonly exitCode: number }[]
  /** What is under the scratch folder in the end, by path: type, mode, and content or target. */
  readonly files: Readonly<Record<string, string>>
}

const LIBRARIES = ['passlib', 'jmespath', 'netaddr'].map((name) => `/usr/lib/python3/dist-packages/${name}`)

/** A playbook that takes longer than this is ended, and told as exit code 124. */
const LIMIT_MS = 120_000

/** A place for what a comparison writes; one a process. */
export class Workshop {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'playline-differential-'))
  /** Ansible, and the libraries without which some of its filters are others. */
  readonly #ansible = execFileSync('ansible-playbook', ['--version'], { encoding: 'utf8' }) + LIBRARIES.filter(existsSync).join()
  readonly #cache = path.join(tmpdir(), 'playline-differential-ansible')

  playline(each: Case): Promise<Played> {
    return this.#play(each, 'playline', process.execPath, [path.join(ROOT, 'dist/runner/main.js')], ['--output', 'json'], {})
  }

  /** What one version of Ansible does with one text does not change: it is kept beside the temporary files, never in the project. */
  async ansible(each: Case): Promise<Played> {
    const digest = createHash('sha256').update(`${this.#ansible}\0${ASKED}\0${each.digest}`).digest('hex')
    const kept = path.join(this.#cache, `${digest}.json`)
    if (each.cacheable && existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Played
    const played = await this.#play(each, 'ansible_', 'ansible-playbook', [], [], { ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json' })
    if (each.cacheable) {
      mkdirSync(this.#cache, { recursive: true })
      const fresh = `${kept}.${process.pid}`
      writeFileSync(fresh, JSON.stringify(played))
      renameSync(fresh, kept)
    }
    return played
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #play(
    each: Case,
    side: 'playline' | 'ansible_',
    program: string,
    before: readonly string[],
    after: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<Played> {
    // Both folders have paths of one length: what is aligned or counted by length stays comparable.
    const folder = path.join(this.folder, side, each.name.replace('/', '.'))
    const scratch = path.join(folder, 'scratch')
    each.copyTo(folder)
    mkdirSync(scratch)
    const env = { ...ENVIRONMENT, ...environment, ...each.environment }
    const runs: Played['runs'][number][] = []
    for (const options of each.runs) {
      const argv = [...before, ...each.playbooks, ...each.inventory, '-e', `scratch=${scratch}`, ...options, ...after]
      const { stdout, stderr, exitCode } = await execute(program, argv, folder, env, each.input)
      runs.push({ stdout: plain(stdout, folder), stderr: plain(stderr, folder), exitCode })
    }
    const played = { runs, files: Object.fromEntries(filesIn(scratch, '').map(([name, what]) => [name, plain(what, folder)])) }
    rmSync(folder, { recursive: true, force: true })
    return played
  }
}

/** The whole of it: an answer that is kept must not depend on who asked, and from where. */
const ENVIRONMENT = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  LOGNAME: 'root',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  SHELL: '/bin/bash',
  TERM: 'xterm',
  USER: 'root',
  ANSIBLE_PIPELINING: '1',
  ANSIBLE_HOST_KEY_CHECKING: 'false',
  ANSIBLE_LOCALHOST_WARNING: 'false',
  ANSIBLE_DEPRECATION_WARNINGS: 'false',
  ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
  ANSIBLE_NOCOLOR: '1',
  // A variable of one kind each, for the lookup env and the like.
  DIFFERENTIAL_TEXT: 'from the environment',
}

/** Changes when what is asked of Ansible, or how the answer is kept, does. */
const ASKED = JSON.stringify([ENVIRONMENT, 1])

function execute(
  program: string,
  argv: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  input: string,
): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, argv, { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: LIMIT_MS }, (error, stdout, stderr) => {
      if (error && typeof error.code === 'string') reject(new Error(`${program} cannot be started`, { cause: error }))
      else resolve({ stdout, stderr, exitCode: error ? (error.killed === true ? 124 : ((error.code as number | undefined) ?? 124)) : 0 })
    })
    child.stdin?.end(input)
  })
}

/** Each run has folders and temporary files of its own. */
function plain(text: string, folder: string): string {
  return text
    .replaceAll(folder, 'ROOT')
    .replace(/__omit_place_holder__[0-9a-f-]+/g, 'OMIT')
    .replace(/\/root\/\.ansible\/tmp\/ansible-[^/"'\s]+(?:\/(?:ansible-)?tmp[^/"'\s]*)?/g, 'TMP')
    .replace(/\/tmp\/ansible\.?_?[^/"'\s]+/g, 'TMP')
}

/** A file as one line: `file 0644 text`, `directory 0755`, `link target`. */
function filesIn(root: string, below: string): [string, string][] {
  return readdirSync(path.join(root, below))
    .sort()
    .flatMap((entry): [string, string][] => {
      const name = path.join(below, entry)
      const file = path.join(root, name)
      const stat = lstatSync(file)
      const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0')
      if (stat.isSymbolicLink()) return [[name, `link ${readlinkSync(file)}`]]
      if (stat.isDirectory()) return [[name, `directory ${mode}`], ...filesIn(root, name)]
      if (!stat.isFile()) return [[name, `other ${mode}`]]
      const content = readFileSync(file)
      const text = content.toString('utf8')
      return [
        [name, `file ${mode} ${Buffer.from(text).equals(content) && content.length < 100_000 ? text : createHash('sha256').update(content).digest('hex')}`],
      ]
    })
}
