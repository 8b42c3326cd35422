/** One SSH connection to one host, with everything on the way to it. */
import { connect as connectTcp } from 'node:net'
import { existsSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type * as ssh2Module from 'ssh2'
import type { Client, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2'
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { connectionLost } from '../shell/problems.ts'
import { Authentication } from './auth.ts'
import { judge, knownKeys, orderedAlgorithms, remember, type KnownKey, type Verdict } from './known-hosts.ts'
import type { Place } from './place.ts'
import { ProxyCommandStream } from './proxy-command.ts'
import type { Target } from './target.ts'
import { within } from '../within.ts'

export type Ssh2 = typeof ssh2Module

/** What ssh2 offers by default; the order is ours. `ssh-rsa` (SHA-1) is the last resort of old devices. */
const HOST_KEY_ALGORITHMS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']

/** For a closed connection to say goodbye. */
const GOODBYE_MS = 500
/** For a proxy's program to finish its last sentence. */
const LAST_WORDS_MS = 500

export class Connection {
  readonly client: Client
  /** Resolves when the connection is over, with why. */
  readonly over: Promise<Diagnostic>
  #ended: Diagnostic | undefined
  #reason: string | undefined
  readonly #below: Below

  constructor(client: Client, described: string, below: Below) {
    this.client = client
    this.#below = below
    client.on('error', (error: Error) => {
      this.#reason ??= error.message
    })
    this.over = new Promise((resolve) => {
      client.once('close', () => {
        const words = [this.#reason, below.words()].filter((part) => part !== undefined && part !== '').join('\n')
        this.#ended = connectionLost(described, words === '' ? undefined : words)
        resolve(this.#ended)
        void below.close()
      })
    })
  }

  /** Why it is over; undefined while it is not. */
  get ended(): Diagnostic | undefined {
    return this.#ended
  }

  async close(): Promise<void> {
    this.client.end()
    await within(this.over, GOODBYE_MS)
    this.client.destroy()
    await this.#below.close()
  }
}

/** What carries a connection: a socket, a program, or a channel of another connection. */
interface Below {
  readonly socket: Duplex
  /** What a program on the way said. */
  words(): string
  close(): void | Promise<void>
}

/**
 * Connects and logs in; `connectTimeoutMs` covers all of it, hosts on the way included.
 *
 * Throws a `DiagnosticError`: UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, HOST_KEY_REVOKED, AUTHENTICATION_FAILED.
 */
export async function openConnection(ssh2: Ssh2, target: Target, place: Place): Promise<Connection> {
  const attempt = new Attempt(ssh2, place)
  const limitMs = target.connectTimeoutMs
  const connecting = attempt.connect(target)
  const connection = await within(connecting, limitMs)
  if (connection !== undefined) return connection
  await attempt.abandon()
  throw new DiagnosticError(unreachable(target, `no answer within ${limitMs / 1000} s, while ${attempt.doing}`))
}

/** One attempt, which remembers what it has opened, so that it can be given up at any point. */
class Attempt {
  readonly #ssh2: Ssh2
  readonly #place: Place
  readonly #opened: { close(): void | Promise<void> }[] = []
  #abandoned = false
  doing = 'connecting'

  constructor(ssh2: Ssh2, place: Place) {
    this.#ssh2 = ssh2
    this.#place = place
  }

  async abandon(): Promise<void> {
    this.#abandoned = true
    await Promise.allSettled(this.#opened.reverse().map(async (each) => each.close()))
  }

  async connect(target: Target): Promise<Connection> {
    const below = await this.#below(target)
    try {
      return await this.#logIn(target, below)
    } catch (error) {
      await below.close()
      throw error
    }
  }

  async #below(target: Target): Promise<Below> {
    switch (target.proxy.kind) {
      case 'none':
        return this.#tcp(target)
      case 'command': {
        this.doing = `running the ProxyCommand '${target.proxy.command}'`
        const stream = new ProxyCommandStream(target.proxy.command, this.#place.environment)
        const close = () => void stream.destroy()
        this.#opened.push({ close })
        return { socket: stream, words: () => stream.words, close }
      }
      case 'jump': {
        const [first, ...others] = target.proxy.hops
        let connection = await this.connect(first!)
        for (const hop of others) connection = await this.#onward(connection, hop)
        return this.#forward(connection, target)
      }
    }
  }

  async #onward(connection: Connection, hop: Target): Promise<Connection> {
    const below = await this.#forward(connection, hop)
    try {
      return await this.#logIn(hop, below)
    } catch (error) {
      await below.close()
      throw error
    }
  }

  /** A channel through a host to the next one. */
  async #forward(through: Connection, to: Target): Promise<Below> {
    this.doing = `connecting to ${to.address}:${to.port} through another host`
    const close = () => through.close()
    const socket = await new Promise<Duplex>((resolve, reject) => {
      void through.over.then((ended) => reject(new DiagnosticError(ended)))
      through.client.forwardOut('127.0.0.1', 0, to.address, to.port, (error, channel) => {
        if (error) reject(new DiagnosticError(unreachable(to, error.message.replace(/^\(SSH\) Channel open failure: /, 'the host on the way says: '))))
        else resolve(channel)
      })
    }).catch(async (error: unknown) => {
      await close()
      throw error
    })
    return { socket, words: () => '', close }
  }

  async #tcp(target: Target): Promise<Below> {
    this.doing = `connecting to ${target.address}:${target.port}`
    // Nagle's algorithm would cost 40 ms an exchange.
    const socket = connectTcp({ host: target.address, port: target.port, noDelay: true, ...(target.addressFamily && { family: target.addressFamily }) })
    this.#opened.push({ close: () => void socket.destroy() })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', (error: Error) => reject(new DiagnosticError(unreachable(target, wordsOfSystem(error)))))
    })
    return { socket, words: () => '', close: () => void socket.destroy() }
  }

  async #logIn(target: Target, below: Below): Promise<Connection> {
    if (this.#abandoned) throw new Error('given up')
    this.doing = `logging in at ${target.address}:${target.port}`
    const hostKey = new HostKeyCheck(target)
    const authentication = new Authentication(this.#ssh2, target)
    const client = new this.#ssh2.Client()
    const connection = new Connection(client, target.described, below)
    this.#opened.push({ close: () => connection.close() })

    let handshakeDone = false
    client.once('handshake', () => {
      handshakeDone = true
    })
    const failure = new Promise<never>((_, reject) => {
      client.on('error', (error: Error & { level?: string }) => {
        // ssh2 goes on with the next method by itself.
        if (error.level === 'agent') authentication.noteAgent(error.message)
        else void this.#explain(target, below, hostKey, authentication, handshakeDone, error.message).then(reject)
      })
      void connection.over.then(() => this.#explain(target, below, hostKey, authentication, handshakeDone, undefined).then(reject))
    })
    failure.catch(() => {})
    const ready = new Promise<void>((resolve) => client.once('ready', resolve))

    client.connect({
      sock: below.socket,
      username: target.user,
      algorithms: { serverHostKey: orderedAlgorithms(hostKey.known, HOST_KEY_ALGORITHMS) as ServerHostKeyAlgorithm[] },
      hostVerifier: (key: Buffer) => {
        const accepted = hostKey.accept(key)
        if (accepted && hostKey.suspicious) authentication.withholdPasswords()
        return accepted
      },
      authHandler: authentication.handler(),
      ...(target.agent !== undefined && { agent: target.agent, agentForward: target.forwardAgent }),
      keepaliveInterval: target.keepAlive.intervalMs,
      keepaliveCountMax: target.keepAlive.countMax,
      // The whole attempt has one limit, `openConnection`'s.
      readyTimeout: 0,
    } satisfies ConnectConfig)
    await Promise.race([ready, failure])
    return connection
  }

  async #explain(
    target: Target,
    below: Below,
    hostKey: HostKeyCheck,
    authentication: Authentication,
    handshakeDone: boolean,
    message: string | undefined,
  ): Promise<DiagnosticError> {
    if (hostKey.problem) return new DiagnosticError(hostKey.problem)
    if (handshakeDone)
      return new DiagnosticError(
        authentication.failed(message === 'All configured authentication methods failed' ? undefined : (message ?? 'the host closed the connection')),
      )
    if (below.socket instanceof ProxyCommandStream) await below.socket.settled(LAST_WORDS_MS)
    return new DiagnosticError(unreachable(target, [inOurWords(message), below.words()].filter((part) => part !== '').join('\n')))
  }
}

/** The check of a host's key, and what it came to. */
class HostKeyCheck {
  readonly known: readonly KnownKey[]
  /** Why the key was refused. */
  problem: Diagnostic | undefined
  /** The key is not the one that is known, and was accepted all the same. */
  suspicious = false
  readonly #target: Target
  #accepted: Buffer | undefined

  constructor(target: Target) {
    this.#target = target
    this.known = knownKeys(target.hostKey.filedAs, this.#files())
  }

  accept(key: Buffer): boolean {
    // Asked again when keys are exchanged anew, after an hour or a gigabyte.
    if (this.#accepted?.equals(key)) return true
    if (!this.#isAcceptable(key)) return false
    this.#accepted = Buffer.from(key)
    return true
  }

  #isAcceptable(key: Buffer): boolean {
    const { hostKey, described } = this.#target
    const verdict = judge(described, hostKey.filedAs, key, this.known, this.#files())
    if (verdict.kind === 'known') return true
    try {
      if (this.#tolerates(verdict, key)) return true
      this.problem = verdict.problem
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      this.problem = error.first
    }
    return false
  }

  #tolerates(verdict: Verdict, key: Buffer): boolean {
    const { checking, filedAs, userFiles, hashed } = this.#target.hostKey
    if (verdict.kind === 'revoked') return false
    if (checking === 'off') {
      this.suspicious = verdict.kind === 'changed'
      return true
    }
    if (checking === 'accept-new' && verdict.kind === 'unknown') {
      if (userFiles[0] !== undefined) remember(filedAs, key, userFiles[0], hashed)
      return true
    }
    return false
  }

  #files(): string[] {
    const { userFiles, systemFiles } = this.#target.hostKey
    return [...userFiles.slice(0, 1), ...[...userFiles.slice(1), ...systemFiles].filter((file) => existsSync(file))]
  }
}

function unreachable(target: Target, words: string): Diagnostic {
  return { code: 'UNREACHABLE', severity: 'error', summary: `${target.described}: cannot reach ${target.address}:${target.port}`, detail: words }
}

/** ssh2's sentence for a connection that ended too early leaves out who ended it. */
function inOurWords(message: string | undefined): string {
  if (message === undefined || message === 'Connection lost before handshake') return 'the host closed the connection before the SSH handshake'
  return message
}

/** Node reports several addresses that all failed as one error without a message. */
function wordsOfSystem(error: Error): string {
  return error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join('\n') : error.message
}
