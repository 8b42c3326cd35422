/** Everything about how to reach one host, from the inventory, the command line and OpenSSH's files. */
import { join, dirname } from 'node:path'
import { fail } from '../../diagnostic/diagnostic.ts'
import type { ConnectionSettings } from '../port.ts'
import { addConfigFiles, type ConfigFile } from './config-file.ts'
import type { HostName } from './known-hosts.ts'
import { addArguments, badValue, SshOptions, wordsOf, type OptionName } from './options.ts'
import type { Place } from './place.ts'

export interface Target {
  /** How messages name the host. */
  readonly described: string
  readonly address: string
  readonly port: number
  readonly user: string
  readonly addressFamily: 4 | 6 | undefined
  readonly identityFiles: readonly string[]
  /** False where the files are only those that OpenSSH tries by default. */
  readonly identityFilesGiven: boolean
  readonly identitiesOnly: boolean
  /** The agent's socket. */
  readonly agent: string | undefined
  readonly forwardAgent: boolean
  readonly password: string | undefined
  readonly allows: { readonly publicKey: boolean; readonly password: boolean; readonly keyboardInteractive: boolean }
  readonly proxy:
    { readonly kind: 'none' } | { readonly kind: 'command'; readonly command: string } | { readonly kind: 'jump'; readonly hops: readonly Target[] }
  readonly hostKey: {
    readonly filedAs: HostName
    readonly checking: ConnectionSettings['hostKeyChecking']
    readonly userFiles: readonly string[]
    readonly systemFiles: readonly string[]
    readonly hashed: boolean
  }
  readonly keepAlive: { readonly intervalMs: number; readonly countMax: number }
  readonly connectTimeoutMs: number
}

/** As OpenSSH tries them. */
const DEFAULT_IDENTITIES = ['id_rsa', 'id_ecdsa', 'id_ed25519']
/** Without an own wish: a host that is gone is noticed after about a minute. */
const KEEP_ALIVE_SECONDS = 15
const MAX_HOPS = 8

/**
 * Resolves what to do for a host. The inventory and the command line come first, then the SSH arguments, the user's file,
 * the system's file. Throws UNSUPPORTED_SSH_OPTION, FILE_NOT_FOUND, FILE_UNREADABLE, LIMIT_EXCEEDED.
 */
export function resolveTarget(settings: ConnectionSettings, place: Place): Target {
  return resolve(settings, place, 0)
}

function resolve(settings: ConnectionSettings, place: Place, depth: number): Target {
  if (depth > MAX_HOPS)
    fail('LIMIT_EXCEEDED', `${settings.hostName}: more than ${MAX_HOPS} hosts on the way`, { hint: 'Does a ProxyJump lead back to its own host?' })
  const options = new SshOptions()
  const firstNamedFile = addArguments(options, settings.leadingSshArguments ?? [], { switches: true })
  if (settings.port !== undefined) options.addArgument('Port', String(settings.port), 'the inventory')
  if (settings.user !== undefined) options.addArgument('User', settings.user, 'the inventory')
  for (const file of settings.privateKeyFiles) options.addArgument('IdentityFile', file, 'the inventory')
  if (settings.hostKeyChecking !== 'strict') options.addArgument('StrictHostKeyChecking', settings.hostKeyChecking, 'the inventory')
  const laterNamedFile = addArguments(options, settings.sshArguments)
  const namedFile = firstNamedFile ?? laterNamedFile
  const ownTimeout = options.number('ConnectTimeout', 1)
  addConfigFiles(configFiles(namedFile, place), { host: settings.address, user: settings.user }, options, place)

  const hostName = options.get('HostName')
  const address = hostName === undefined ? settings.address : replaceTokens('HostName', hostName, { h: settings.address })
  const port = options.number('Port', 1) ?? 22
  if (port > 65535) throw badValue('Port', String(port))
  const user = options.get('User') ?? place.userName
  checkName('host name', address)
  checkName('user name', user)
  const alias = options.get('HostKeyAlias')
  const tokens: Tokens = {
    h: address,
    n: settings.address,
    p: String(port),
    r: user,
    k: alias ?? settings.address,
    u: place.userName,
    d: place.home,
    l: place.localHostName,
    L: place.localHostName.split('.')[0]!,
  }
  const path = (name: OptionName, value: string) => expandPath(name, value, tokens, place)
  const paths = (name: OptionName, otherwise: readonly string[]) => {
    const value = options.get(name)
    return value === undefined
      ? otherwise
      : wordsOf(value)
          .filter((word) => word.toLowerCase() !== 'none')
          .map((word) => path(name, word))
  }
  const identityFiles = options.all('IdentityFile').filter((file) => file.toLowerCase() !== 'none')
  return {
    described: settings.hostName,
    address,
    port,
    user,
    addressFamily: family(options),
    identityFiles:
      options.all('IdentityFile').length > 0
        ? [...new Set(identityFiles.map((file) => path('IdentityFile', file)))]
        : DEFAULT_IDENTITIES.map((name) => join(place.home, '.ssh', name)),
    identityFilesGiven: options.all('IdentityFile').length > 0,
    identitiesOnly: options.flag('IdentitiesOnly', false),
    agent: agentSocket(options, tokens, place),
    forwardAgent: options.get('ForwardAgent')?.toLowerCase() === 'yes',
    password: settings.password,
    allows: allowedMethods(options),
    proxy: proxyFor(options, settings, tokens, namedFile, place, depth),
    hostKey: {
      filedAs: alias === undefined ? { name: address, port } : { name: alias, port: 22 },
      checking: checking(options),
      userFiles: paths('UserKnownHostsFile', [join(place.home, '.ssh/known_hosts'), join(place.home, '.ssh/known_hosts2')]),
      systemFiles: paths('GlobalKnownHostsFile', place.systemKnownHostsFiles),
      hashed: options.flag('HashKnownHosts', false),
    },
    keepAlive: {
      intervalMs: (options.number('ServerAliveInterval', 0) ?? KEEP_ALIVE_SECONDS) * 1000,
      countMax: options.number('ServerAliveCountMax', 0) ?? 3,
    },
    connectTimeoutMs: ownTimeout === undefined ? settings.connectTimeoutMs : ownTimeout * 1000,
  }
}

function configFiles(named: string | undefined, place: Place): ConfigFile[] {
  const userFolder = join(place.home, '.ssh')
  if (named?.toLowerCase() === 'none') return []
  if (named !== undefined) return [{ path: named.startsWith('~/') ? join(place.home, named.slice(2)) : named, folder: userFolder, required: true }]
  return [
    { path: join(userFolder, 'config'), folder: userFolder, required: false },
    { path: place.systemConfigFile, folder: dirname(place.systemConfigFile), required: false },
  ]
}

/** Names end up in commands of a shell (ProxyCommand) and may come from elsewhere (`add_host`). OpenSSH refuses the same. */
function checkName(kind: string, name: string): void {
  if (name === '' || name.startsWith('-') || /[\x00-\x20\x7f'"`$\\;&<>|(){}]/.test(kind === 'user name' ? name.replaceAll('\\', '') : name)) {
    fail('BAD_INVENTORY', `'${name}' is no ${kind} for SSH`)
  }
}

function family(options: SshOptions): 4 | 6 | undefined {
  const value = options.get('AddressFamily')?.toLowerCase()
  if (value === undefined || value === 'any') return undefined
  if (value === 'inet') return 4
  if (value === 'inet6') return 6
  throw badValue('AddressFamily', value)
}

/** There is nobody to ask, so `ask` is strict. */
function checking(options: SshOptions): ConnectionSettings['hostKeyChecking'] {
  const value = options.get('StrictHostKeyChecking')?.toLowerCase()
  if (value === undefined || value === 'yes' || value === 'ask' || value === 'true') return 'strict'
  if (value === 'accept-new') return 'accept-new'
  if (value === 'no' || value === 'off' || value === 'false') return 'off'
  throw badValue('StrictHostKeyChecking', value)
}

function allowedMethods(options: SshOptions): Target['allows'] {
  const preferred = options.get('PreferredAuthentications')?.toLowerCase().split(',')
  const allows = (method: string, option: OptionName) => options.flag(option, true) && (preferred?.includes(method) ?? true)
  return {
    publicKey: allowsPublicKey(options) && (preferred?.includes('publickey') ?? true),
    password: allows('password', 'PasswordAuthentication'),
    keyboardInteractive: allows('keyboard-interactive', 'KbdInteractiveAuthentication'),
  }
}

/** Besides yes and no there are `unbound` and `host-bound`, which are ways of yes. */
function allowsPublicKey(options: SshOptions): boolean {
  return options.get('PubkeyAuthentication')?.toLowerCase() !== 'no'
}

function agentSocket(options: SshOptions, tokens: Tokens, place: Place): string | undefined {
  const value = options.get('IdentityAgent')
  const fromEnvironment = (name: string) => place.environment[name] || undefined
  if (value === undefined || value === 'SSH_AUTH_SOCK') return fromEnvironment('SSH_AUTH_SOCK')
  if (value.toLowerCase() === 'none') return undefined
  if (/^\$[A-Za-z_]\w*$/.test(value)) return fromEnvironment(value.slice(1))
  return expandPath('IdentityAgent', value, tokens, place)
}

function proxyFor(
  options: SshOptions,
  settings: ConnectionSettings,
  tokens: Tokens,
  namedFile: string | undefined,
  place: Place,
  depth: number,
): Target['proxy'] {
  const command = options.get('ProxyCommand')
  if (command !== undefined) {
    return command.toLowerCase() === 'none' ? { kind: 'none' } : { kind: 'command', command: replaceTokens('ProxyCommand', command, tokens) }
  }
  const jump = options.get('ProxyJump')
  if (jump === undefined || jump.toLowerCase() === 'none') return { kind: 'none' }
  const specs = jump.split(',').map((spec) => parseJump(spec.trim()))
  const hops = specs.map((spec, index) => {
    // As OpenSSH starts one ssh for each: with its own files, but without this host's key, user and options. Only the first
    // is reached as its own files say; each further one through the one before it.
    return resolve(
      {
        connection: 'ssh',
        hostName: `${settings.hostName.replace(/ \(through .*\)$/, '')} (through ${spec.host})`,
        address: spec.host,
        port: spec.port,
        user: spec.user,
        privateKeyFiles: [],
        password: undefined,
        connectTimeoutMs: settings.connectTimeoutMs,
        sshArguments: [...(namedFile === undefined ? [] : ['-F', namedFile]), ...(index === 0 ? [] : ['-o', 'ProxyCommand=none'])],
        hostKeyChecking: settings.hostKeyChecking,
      },
      place,
      depth + 1,
    )
  })
  return { kind: 'jump', hops }
}

/** `[user@]host[:port]`, `ssh://[user@]host[:port]`, with brackets around an IPv6 address. */
function parseJump(spec: string): { host: string; port: number | undefined; user: string | undefined } {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@/]+)|([0-9A-Fa-f:]+:[0-9A-Fa-f:.]*))(?::(\d+))?\/?$/.exec(spec)
  const host = match?.[2] ?? match?.[3] ?? match?.[4]
  if (!match || host === undefined) throw badValue('ProxyJump', spec)
  return { host, port: match[5] === undefined ? undefined : Number(match[5]), user: match[1] }
}

type Tokens = Readonly<Record<string, string>>

/** `%h` and its like. A letter that stands for nothing is an error, as in OpenSSH. */
function replaceTokens(name: OptionName, value: string, tokens: Tokens): string {
  return value.replaceAll(/%(.?)/gs, (_, letter: string) => {
    if (letter === '%') return '%'
    const text = tokens[letter]
    if (text === undefined) fail('UNSUPPORTED_SSH_OPTION', `'%${letter}' in the SSH option ${name} is not supported`)
    return text
  })
}

/** `~`, `${VARIABLE}` and tokens in a path. */
function expandPath(name: OptionName, value: string, tokens: Tokens, place: Place): string {
  const withVariables = value.replaceAll(/\$\{([^}]*)\}/g, (_, variable: string) => {
    const text = place.environment[variable]
    if (text === undefined) fail('UNSUPPORTED_SSH_OPTION', `the SSH option ${name} wants the environment variable '${variable}', which is not set`)
    return text
  })
  const path = replaceTokens(name, withVariables, tokens)
  return path === '~' ? place.home : path.startsWith('~/') ? join(place.home, path.slice(2)) : path
}
