/** What is tried to log in, in which order, and what is said when none of it was taken. */
import { readFileSync, statSync } from 'node:fs'
import type * as ssh2Module from 'ssh2'
import type { AnyAuthMethod, AuthHandlerMiddleware, BaseAgent, OpenSSHAgent, ParsedKey } from 'ssh2'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Target } from './target.ts'

type Ssh2 = typeof ssh2Module

const MAX_KEY_BYTES = 64 * 1024

interface Attempt {
  /** How a message names it. */
  readonly what: string
  readonly kind: 'publickey' | 'password' | 'keyboard-interactive'
  readonly method: AnyAuthMethod
}

export class Authentication {
  readonly #target: Target
  /** What is still to be tried. */
  #attempts: Attempt[] = []
  /** What was tried or could not be tried, as sentences. */
  readonly #notes: string[] = []
  #encryptedKey: string | undefined

  constructor(ssh2: Ssh2, target: Target) {
    this.#target = target
    if (target.allows.publicKey) this.#addKeys(ssh2)
    if (target.password !== undefined) this.#addPassword(target.password)
  }

  /** Public keys come first, and nothing asks which methods there are: that would be a round trip. */
  handler(): AuthHandlerMiddleware {
    return (methodsLeft: readonly string[] | null, _partial, callback) => {
      for (let next = this.#attempts.shift(); next; next = this.#attempts.shift()) {
        if (methodsLeft !== null && !methodsLeft.includes(next.kind)) {
          this.#notes.push(`${next.what}: the host does not accept this method (it accepts ${methodsLeft.join(', ')})`)
          continue
        }
        this.#notes.push(next.what)
        callback(next.method)
        return
      }
      callback(false as never)
    }
  }

  /** A host whose key is wrong is not told the password. */
  withholdPasswords(): void {
    this.#attempts = this.#attempts.filter((attempt) => attempt.kind === 'publickey')
    this.#notes.push('the password was withheld, because the host key is not the one that is known')
  }

  noteAgent(message: string): void {
    this.#notes.push(`the agent: ${message}`)
  }

  failed(words: string | undefined): Diagnostic {
    const { described, user, address, port } = this.#target
    const tried =
      this.#notes.length > 0 ? `Tried:\n${this.#notes.map((note) => `  ${note}`).join('\n')}` : 'There was nothing to try: no key, no agent, no password.'
    return {
      code: 'AUTHENTICATION_FAILED',
      severity: 'error',
      summary: `${described}: cannot log in as '${user}' at ${address}:${port}`,
      detail: words === undefined ? tried : `${words}\n${tried}`,
      hint:
        this.#encryptedKey === undefined
          ? 'Give a key with --private-key or ansible_ssh_private_key_file, or load one into the agent with ssh-add.'
          : `Keys with a passphrase are used through an agent: ssh-add ${this.#encryptedKey}`,
    }
  }

  /**
   * Files that were asked for, then the agent's keys, then the files that OpenSSH tries by default. A key with a passphrase
   * can be used where the agent holds it.
   */
  #addKeys(ssh2: Ssh2): void {
    const { identityFiles, identityFilesGiven, identitiesOnly, agent } = this.#target
    const fromFiles = identityFiles.flatMap((file) => this.#fromFile(ssh2, file))
    const fromAgent = agent === undefined || (identitiesOnly && identityFilesGiven) ? [] : [this.#agentAttempt(ssh2, agent, 'the keys of the agent', undefined)]
    this.#attempts.push(...(identityFilesGiven ? [...fromFiles, ...fromAgent] : [...fromAgent, ...fromFiles]))
  }

  #fromFile(ssh2: Ssh2, file: string): Attempt[] {
    const { user, agent, identityFilesGiven } = this.#target
    const text = readKey(file)
    if (text === undefined) {
      if (identityFilesGiven) this.#notes.push(`key ${file}: no such file`)
      return []
    }
    if (text instanceof Error) {
      this.#notes.push(`key ${file}: ${text.message}`)
      return []
    }
    const parsed = parse(ssh2, text)
    if (!(parsed instanceof Error) && parsed.isPrivateKey()) {
      return [{ what: `key ${file} (${parsed.type})`, kind: 'publickey', method: { type: 'publickey', username: user, key: text } }]
    }
    const encrypted = parsed instanceof Error && /encrypted/i.test(parsed.message)
    if (encrypted) this.#encryptedKey ??= file
    // The agent may hold it: the public key tells which one it is.
    const publicText = parsed instanceof Error ? readKey(`${file}.pub`) : text
    const publicKey = typeof publicText === 'string' ? parse(ssh2, publicText) : undefined
    if (agent !== undefined && publicKey !== undefined && !(publicKey instanceof Error)) {
      return [this.#agentAttempt(ssh2, agent, `key ${file} (${publicKey.type}) through the agent`, publicKey.getPublicSSH())]
    }
    this.#notes.push(
      `key ${file}: ${encrypted ? 'it has a passphrase' : parsed instanceof Error ? parsed.message : 'it is a public key, and there is no agent'}`,
    )
    return []
  }

  #agentAttempt(ssh2: Ssh2, socket: string, what: string, only: Buffer | undefined): Attempt {
    const agent = only === undefined ? ssh2.createAgent(socket) : oneKeyAgent(ssh2, socket, only)
    return { what: `${what} (${socket})`, kind: 'publickey', method: { type: 'agent', username: this.#target.user, agent } }
  }

  #addPassword(password: string): void {
    const { user, allows } = this.#target
    if (allows.password) this.#attempts.push({ what: 'the password', kind: 'password', method: { type: 'password', username: user, password } })
    if (!allows.keyboardInteractive) return
    let answered = false
    this.#attempts.push({
      what: 'the password, as the answer to a question',
      kind: 'keyboard-interactive',
      method: {
        type: 'keyboard-interactive',
        username: user,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          // Asked again it was wrong, and a second factor is nothing that we have.
          finish(answered || prompts.length !== 1 ? prompts.map(() => '') : [password])
          answered ||= prompts.length > 0
        },
      },
    })
  }
}

/** An agent of which only one key is used. */
function oneKeyAgent(ssh2: Ssh2, socket: string, only: Buffer): BaseAgent {
  class OneKeyAgent extends ssh2.OpenSSHAgent {
    override getIdentities(callback: Parameters<OpenSSHAgent['getIdentities']>[0]): void {
      super.getIdentities((error, keys) => {
        if (error) callback(error)
        else
          callback(
            undefined,
            ((keys ?? []) as ParsedKey[]).filter((key) => key.getPublicSSH().equals(only)),
          )
      })
    }
  }
  return new OneKeyAgent(socket)
}

function parse(ssh2: Ssh2, text: string): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(text) as ParsedKey | ParsedKey[] | Error
  return Array.isArray(parsed) ? parsed[0]! : parsed
}

/** The text of a key file; undefined where there is none. */
function readKey(file: string): string | Error | undefined {
  try {
    if (statSync(file).size > MAX_KEY_BYTES) return new Error('it is too large for a key')
    return readFileSync(file, 'latin1')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error)
  }
}
