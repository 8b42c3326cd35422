/**
 * The lab's identities. Each is made once and kept in the cache, so that known_hosts stays true over `down` and `up`. All are
 * worthless outside the lab.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { replaceFile } from './files.ts'
import { toolEnv } from './shell.ts'
import { cacheDir } from './paths.ts'

const sshDir = join(cacheDir, 'ssh')

/** The private key of the user opc on every host. */
export const identityFile: string = join(sshDir, 'id_ed25519')

/** Every host key of the lab, for OpenSSH and for the runner. */
export const knownHostsFile: string = join(sshDir, 'known_hosts')

/** The line for authorized_keys; makes the key pair when it is missing. */
export function authorizedKey(): string {
  return publicKey(identityFile, 'opc@playline-lab')
}

/** A host's own key pair; makes it when it is missing. Text as sshd and known_hosts want it. */
export function hostKey(name: string): { privateKey: string; publicKey: string } {
  const file = join(sshDir, 'hosts', name)
  const line = publicKey(file, name)
  return { privateKey: readFileSync(file, 'utf8'), publicKey: line }
}

/** Writes known_hosts: one line per host key, with every name and address it answers on. */
export function writeKnownHosts(hosts: readonly { key: string; names: readonly string[] }[]): void {
  const lines = hosts.map(({ key, names }) => {
    const [type, base64] = hostKey(key).publicKey.split(' ')
    return `${names.join(',')} ${type} ${base64}\n`
  })
  replaceFile(knownHostsFile, lines.join(''), 0o644)
}

function publicKey(file: string, comment: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  if (!existsSync(file)) {
    createOnce(file, (temporary) => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', temporary], { env: toolEnv })
    })
  }
  const publicFile = `${file}.pub`
  if (!existsSync(publicFile)) {
    // Made from the private key, always: two processes that make a pair at once must not mix theirs.
    const line = execFileSync('ssh-keygen', ['-y', '-f', file], { env: toolEnv, encoding: 'utf8' }).trim()
    replaceFile(publicFile, `${line.split(' ').slice(0, 2).join(' ')} ${comment}\n`, 0o644)
  }
  return readFileSync(publicFile, 'utf8').trim()
}

/** Makes a file that several processes may want at once: the first one's stays. */
function createOnce(file: string, make: (temporary: string) => void): void {
  const dir = mkdtempSync(`${file}.`)
  try {
    const temporary = join(dir, 'new')
    make(temporary)
    linkSync(temporary, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(dir, { recursive: true })
  }
}
