/**
 * OpenSSH's client options: which there are for us, and how values from several places become one set. As in OpenSSH the
 * first value of an option counts; only identity files add up.
 */
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'

/** What is done as OpenSSH does it. */
const HONOURED = [
  'AddressFamily',
  'ConnectTimeout',
  'ForwardAgent',
  'GlobalKnownHostsFile',
  'HashKnownHosts',
  'HostKeyAlias',
  'HostName',
  'IdentitiesOnly',
  'IdentityAgent',
  'IdentityFile',
  'KbdInteractiveAuthentication',
  'PasswordAuthentication',
  'Port',
  'PreferredAuthentications',
  'ProxyCommand',
  'ProxyJump',
  'PubkeyAuthentication',
  'ServerAliveCountMax',
  'ServerAliveInterval',
  'StrictHostKeyChecking',
  'User',
  'UserKnownHostsFile',
] as const

export type OptionName = (typeof HONOURED)[number]

/** What makes no difference here: it is about terminals, forwarding, sharing of connections, or log messages. */
const WITHOUT_EFFECT = [
  'AddKeysToAgent',
  'BatchMode',
  'CheckHostIP',
  'Compression',
  'ConnectionAttempts',
  'ControlMaster',
  'ControlPath',
  'ControlPersist',
  'EscapeChar',
  'ForwardX11',
  'ForwardX11Trusted',
  'GSSAPIAuthentication',
  'GSSAPIDelegateCredentials',
  'LogLevel',
  'NumberOfPasswordPrompts',
  'TCPKeepAlive',
  'UpdateHostKeys',
  'VisualHostKey',
]

/**
 * What would be done wrongly if it were passed over, with the values that ask for nothing. In a configuration file other
 * options that are not known here are passed over (every distribution's file has some); on a command line none is.
 */
const REFUSED_IN_FILES: Readonly<Record<string, RegExp>> = {
  bindaddress: /^$/,
  bindinterface: /^$/,
  canonicalizehostname: /^no$/i,
  certificatefile: /^none$/i,
  knownhostscommand: /^none$/i,
  pkcs11provider: /^none$/i,
  proxyusefdpass: /^no$/i,
  remotecommand: /^none$/i,
  revokedhostkeys: /^none$/i,
}

const BY_LOWER_CASE = new Map<string, OptionName>(HONOURED.map((name) => [name.toLowerCase(), name]))
const WITHOUT_EFFECT_LOWER = new Set(WITHOUT_EFFECT.map((name) => name.toLowerCase()))

export class SshOptions {
  readonly #values = new Map<OptionName, string[]>()

  /** From a command line: what is not known is refused. `source` is how a message names the place. */
  addArgument(keyword: string, value: string, source: string): void {
    const name = BY_LOWER_CASE.get(keyword.toLowerCase())
    if (name) this.#add(name, value)
    else if (!WITHOUT_EFFECT_LOWER.has(keyword.toLowerCase())) {
      fail('UNSUPPORTED_SSH_OPTION', `the SSH option '${keyword}' in ${source} is not supported`, {
        hint: didYouMean(keyword, [...HONOURED, ...WITHOUT_EFFECT]) ?? 'Put the host behind a ProxyCommand that runs ssh itself, or leave the option out.',
      })
    }
  }

  /** From a configuration file. */
  addDirective(keyword: string, value: string, source: string): void {
    const lower = keyword.toLowerCase()
    const name = BY_LOWER_CASE.get(lower)
    if (name) this.#add(name, value)
    else if (lower in REFUSED_IN_FILES && !REFUSED_IN_FILES[lower]!.test(value)) {
      fail('UNSUPPORTED_SSH_OPTION', `${keyword} at ${source} is not supported`, { hint: 'Give another file with -F in ansible_ssh_common_args.' })
    }
  }

  /** The value, or undefined where no place gives one. */
  get(name: OptionName): string | undefined {
    return this.#values.get(name)?.[0]
  }

  all(name: OptionName): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** `yes` and `no`, as OpenSSH reads them. */
  flag(name: OptionName, otherwise: boolean): boolean {
    const value = this.get(name)?.toLowerCase()
    if (value === undefined) return otherwise
    if (value === 'yes' || value === 'true') return true
    if (value === 'no' || value === 'false') return false
    throw badValue(name, value)
  }

  /** A whole number from `least` on. */
  number(name: OptionName, least: number): number | undefined {
    const value = this.get(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < least || number > 2 ** 31) throw badValue(name, value)
    return number
  }

  #add(name: OptionName, value: string): void {
    const values = this.#values.get(name)
    if (values === undefined) {
      // Of these two the first that is given shuts the other out.
      if (name === 'ProxyJump' && this.#values.has('ProxyCommand')) return
      if (name === 'ProxyCommand' && this.#values.has('ProxyJump')) return
      this.#values.set(name, [value])
    } else if (name === 'IdentityFile') values.push(value)
  }
}

export function badValue(name: OptionName, value: string): DiagnosticError {
  return new DiagnosticError({ code: 'UNSUPPORTED_SSH_OPTION', severity: 'error', summary: `'${value}' is no value for the SSH option ${name}` })
}

/** The flags of `ssh` that are understood in `ansible_ssh_common_args` and its like. */
const FLAGS: Readonly<Record<string, OptionName>> = { '-J': 'ProxyJump', '-i': 'IdentityFile', '-p': 'Port', '-l': 'User' }

/** Flags without a value that `ansible_ssh_args` may hold, as it does by default: of no effect here, or the option that they stand for. */
const SWITCHES: Readonly<Record<string, readonly [OptionName, string] | undefined>> = {
  C: undefined,
  q: undefined,
  T: undefined,
  x: undefined,
  '4': ['AddressFamily', 'inet'],
  '6': ['AddressFamily', 'inet6'],
  A: ['ForwardAgent', 'yes'],
  a: ['ForwardAgent', 'no'],
}

/** Adds a command line's options; answers the configuration file that it names (`-F`). */
export function addArguments(options: SshOptions, words: readonly string[], { switches = false } = {}): string | undefined {
  let configFile: string | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    const flag = word.slice(0, 2)
    if (switches && /^-[46AaCqTx]+$/.test(word)) {
      for (const letter of word.slice(1)) if (SWITCHES[letter]) options.addArgument(...SWITCHES[letter], 'the SSH arguments')
      continue
    }
    const takes = flag === '-o' || flag === '-F' || flag in FLAGS
    if (!takes) {
      fail('UNSUPPORTED_SSH_OPTION', `'${word}' in the SSH arguments is not supported`, { hint: `There are -o, -F, ${Object.keys(FLAGS).join(', ')}.` })
    }
    const value = word.length > 2 ? word.slice(2) : words[++at]
    if (value === undefined) fail('UNSUPPORTED_SSH_OPTION', `'${flag}' in the SSH arguments needs a value`)
    if (flag === '-F') configFile ??= value
    else if (flag === '-o') {
      const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(value)
      if (!match) fail('UNSUPPORTED_SSH_OPTION', `'-o ${value}' in the SSH arguments is not of the form KEY=VALUE`)
      // A list of files keeps its quotes: each word has its own.
      const isList = /knownhostsfile$/i.test(match[1]!)
      options.addArgument(match[1]!, isList ? match[2]! : unquoted(match[2]!), 'the SSH arguments')
    } else options.addArgument(FLAGS[flag]!, value, 'the SSH arguments')
  }
  return configFile
}

/** The words of a value; one in double quotes may hold spaces. */
export function wordsOf(value: string): string[] {
  return [...value.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!)
}

function unquoted(value: string): string {
  return /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value
}
