/**
 * `npm test`: brings what the machine lacks, builds the lab's roots, runs every test and says in one line how it went.
 *
 * `npm test -- FILE…` runs only these files.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { down, up } from '../test/lab/index.ts'
import { summarize } from './tap-summary.ts'

/** Programs, and libraries of these, that tests run besides those of the lab, and the Debian packages that bring them. */
const PACKAGES: Readonly<Record<string, string>> = {
  sshd: 'openssh-server',
  'ssh-keygen': 'openssh-client',
  'ssh-agent': 'openssh-client',
  sudo: 'sudo',
  doas: 'opendoas',
  // With the collection ansible.posix, whose callback prints a run as JSON.
  'ansible-playbook': 'ansible',
  // What Ansible's password_hash and json_query are made of.
  '/usr/lib/python3/dist-packages/passlib': 'python3-passlib',
  '/usr/lib/python3/dist-packages/jmespath': 'python3-jmespath',
  socat: 'socat',
}

const startedAt = Date.now()

function say(text: string): void {
  process.stdout.write(`test: ${text}\n`)
}

function installPackages(): void {
  const isThere = (name: string): boolean =>
    name.startsWith('/') ? existsSync(name) : spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`]).status === 0
  const missing = Object.entries(PACKAGES).filter(([name]) => !isThere(name))
  const names = [...new Set(missing.map(([, name]) => name))]
  if (names.length === 0) return
  say(`installing ${names.join(', ')} …`)
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...names]]) {
    const done = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], { env: environment, encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${done.stdout}\n${done.stderr}`)
  }
}

/** Runs tap, its report going to the terminal and its TAP to a file; answers tap's exit code. */
function runTap(files: readonly string[], tapFile: string): Promise<number> {
  const bin = path.resolve('node_modules/.bin/tap')
  const child = spawn(bin, ['run', `--output-file=${tapFile}`, ...files], { stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

if (os.platform() !== 'linux' || process.getuid?.() !== 0) {
  throw new Error('the tests make hosts in network namespaces: run them as root on Linux')
}
installPackages()
// A lab without hosts: what the roots need is installed and built here, where it can be seen, and not within a test's time limit.
await up({ instance: 'prepare', hosts: [], log: say })
await down('prepare')
const folder = mkdtempSync(path.join(os.tmpdir(), 'playline-test-'))
const tapFile = path.join(folder, 'all.tap')
const code = await runTap(process.argv.slice(2), tapFile)
const summary = summarize(readFileSync(tapFile, 'utf8'))
rmSync(folder, { recursive: true })
for (const each of summary.skips) say(`skipped: ${each}`)
for (const each of summary.failures) say(`failed: ${each}`)
say(`${summary.files} files in ${Math.round((Date.now() - startedAt) / 1000)} s`)
process.stdout.write(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped\n`)
process.exitCode = code === 0 && summary.failed === 0 && summary.passed > 0 ? 0 : 1
