/** How to reach a host, and as whom to act there: from its variables, the task's keywords and the command line. */
import { fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { isLocalhost, type Inventory } from '../load/inventory/inventory.ts'
import { inherited, type CompiledTask } from '../plan/compiled.ts'
import type { Become, ConnectionSettings } from '../port/port.ts'
import { addArguments, SshOptions } from '../port/ssh/options.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { Dict, Unknown, type Value } from '../value/value.ts'
import { splitWords } from '../value/words.ts'
import type { RunOptions } from './options.ts'
import { inheritedValue } from './inherited-value.ts'

/** Variables whose values are secrets wherever they are used. */
export const PASSWORD_VARIABLES: ReadonlySet<string> = new Set([
  'ansible_password',
  'ansible_ssh_pass',
  'ansible_ssh_password',
  'ansible_become_password',
  'ansible_become_pass',
  'ansible_sudo_pass',
  'ansible_su_pass',
  'ansible_doas_pass',
])

/** A task, or a play, with what it inherits from. */
type Chained = Pick<CompiledTask, 'chain'>

/** What a task, or what it inherits from, says of the connection. */
export interface ConnectionKeywords {
  readonly connection: string | undefined
  /** Where the kind of connection is written. */
  readonly range: SourceRange | undefined
  readonly user: string | undefined
  readonly port: number | undefined
}

export function connectionKeywords(task: Chained | undefined, evaluator: Evaluator): ConnectionKeywords {
  const text = (name: string): string | undefined => {
    const value = keywordValue(task, evaluator, name)
    return value === undefined ? undefined : print(value)
  }
  const port = text('port')
  const range = task && inherited(task.chain, 'connection')?.node.range
  return { connection: text('connection'), range, user: text('remote_user'), port: port === undefined ? undefined : portOf(port, 'the keyword port') }
}

/**
 * Variables win over keywords, keywords over the command line, as in Ansible. Of two spellings of a variable the older one
 * (`ansible_ssh_…`) wins. `evaluator` knows the variables of the host that is connected to: for a delegated task the delegate's.
 *
 * @throws {DiagnosticError} UNSUPPORTED_VALUE, WRONG_TYPE, UNSUPPORTED_SSH_OPTION.
 */
export function connectionSettings(
  hostName: string,
  evaluator: Evaluator,
  options: RunOptions,
  inventory: Inventory,
  keywords: ConnectionKeywords,
): ConnectionSettings {
  const text = (...names: string[]): string | undefined => textOf(evaluator, names)
  const implicitLocal = isLocalhost(hostName) && inventory.hosts.get(hostName)?.listed !== true
  const named = text('ansible_connection') ?? (implicitLocal ? 'local' : (keywords.connection ?? options.connection ?? 'ssh'))
  const connection = connectionKind(named, hostName, named === keywords.connection ? keywords.range : undefined)
  const port = text('ansible_ssh_port', 'ansible_port')
  const key = text('ansible_ssh_private_key_file', 'ansible_private_key_file') ?? options.privateKeyFile
  const timeout = text('ansible_ssh_timeout', 'ansible_timeout')
  const checking = evaluator.get('ansible_ssh_host_key_checking') ?? evaluator.get('ansible_host_key_checking')
  const checks = checking === undefined || checking === null ? (options.hostKeyChecking ?? true) : booleanOf(checking)
  return {
    connection,
    hostName,
    address: text('ansible_ssh_host', 'ansible_host') ?? hostName,
    port: port === undefined ? (keywords.port ?? options.remotePort) : portOf(port, `ansible_port of the host '${hostName}'`),
    user: text('ansible_ssh_user', 'ansible_user') ?? keywords.user ?? options.remoteUser,
    privateKeyFiles: key === undefined ? [] : [key],
    password: text('ansible_ssh_password', 'ansible_ssh_pass', 'ansible_password') ?? options.connectionPassword,
    connectTimeoutMs: timeout === undefined ? options.connectTimeoutMs : numberOf(timeout, 'ansible_timeout') * 1000,
    retries: numberOf(text('ansible_ssh_retries') ?? '0', 'ansible_ssh_retries'),
    shell: text('ansible_shell_executable') ?? options.shellExecutable,
    leadingSshArguments: sshWords(text('ansible_ssh_args')),
    sshArguments: [...sshWords(text('ansible_ssh_common_args')), ...sshWords(text('ansible_ssh_extra_args')), ...options.sshArguments],
    hostKeyChecking: options.acceptNewHostKeys ? 'accept-new' : checks ? 'strict' : 'off',
  }
}

/** Names of which a task's templates see the connection where no variable has them. */
const CONNECTION_VARIABLES: ReadonlySet<string> = new Set([
  'ansible_connection',
  ...['host', 'port', 'user', 'private_key_file', 'timeout'].flatMap((name) => [`ansible_${name}`, `ansible_ssh_${name}`]),
])

/**
 * What a task's templates see of the connection under the name of a variable that nobody has set: as in Ansible the address, the user and
 * whatever else variables of the host that the task is delegated to, keywords, the command line or settings say; undefined for every other
 * name. `evaluatorOf` has the variables of another host.
 */
export function connectionVariable(
  name: string,
  ownName: string,
  task: Chained,
  own: Evaluator,
  options: RunOptions,
  evaluatorOf: (hostName: string) => Evaluator,
): Value | undefined {
  if (!CONNECTION_VARIABLES.has(name)) return undefined
  const delegated = own.get('ansible_delegated_vars')
  if (delegated instanceof Unknown) return delegated
  const [delegate] = delegated instanceof Dict ? delegated.keys() : []
  const hostName = delegate === undefined ? ownName : print(delegate)
  const evaluator = hostName === ownName ? own : evaluatorOf(hostName)
  /** Of two spellings the one that is not set has the value of the other. */
  const either = (ssh: string, general: string): Value | undefined => evaluator.get(ssh) ?? evaluator.get(general)
  switch (name) {
    case 'ansible_connection':
      if (hostName !== ownName && evaluator.get(name) !== undefined) return evaluator.get(name)
      return isLocalhost(hostName) ? undefined : (connectionKeywords(task, own).connection ?? options.connection ?? 'ssh')
    case 'ansible_host':
    case 'ansible_ssh_host':
      return either('ansible_ssh_host', 'ansible_host') ?? hostName
    case 'ansible_port':
    case 'ansible_ssh_port':
      return either('ansible_ssh_port', 'ansible_port') ?? options.remotePort
    case 'ansible_user':
    case 'ansible_ssh_user':
      return either('ansible_ssh_user', 'ansible_user') ?? connectionKeywords(task, own).user ?? options.remoteUser
    case 'ansible_private_key_file':
    case 'ansible_ssh_private_key_file':
      return either('ansible_ssh_private_key_file', 'ansible_private_key_file') ?? options.privateKeyFile
    default:
      return either('ansible_ssh_timeout', 'ansible_timeout') ?? options.connectTimeoutMs / 1000
  }
}

const METHODS = ['sudo', 'su', 'doas'] as const

/**
 * Who to be on the host for a task; undefined: who logged in. As for the connection, variables are those of the host that is
 * acted on (`evaluator`), and win over keywords, which the host has that the task is for (`keywords`), and the command line.
 *
 * @throws {DiagnosticError} UNSUPPORTED_VALUE for another method.
 */
export function becomeFor(task: Chained | undefined, evaluator: Evaluator, options: RunOptions, keywords = evaluator): Become | undefined {
  const keyword = (name: string): Value | undefined => keywordValue(task, keywords, name)
  const wanted = evaluator.get('ansible_become') ?? keyword('become') ?? options.become
  if (!booleanOf(wanted)) return undefined
  const variable = textOf(evaluator, ['ansible_become_method'])
  const written = variable === undefined ? keyword('become_method') : undefined
  const named = variable ?? written ?? options.becomeMethod ?? 'sudo'
  const method = METHODS.find((each) => each === print(named).replace(/^(?:ansible\.(?:builtin|legacy)|community\.general)\./, ''))
  if (!method) {
    const range = written === undefined || !task ? undefined : inherited(task.chain, 'become_method')?.node.range
    fail('UNSUPPORTED_VALUE', `the become method '${print(named)}' is not supported`, { range, hint: `There are: ${METHODS.join(', ')}.` })
  }
  // A method's own variables win over the general ones.
  const own = (name: string, ...more: string[]): string | undefined => textOf(evaluator, [`ansible_${method}_${name}`, ...more, `ansible_become_${name}`])
  const asText = (value: Value | undefined): string | undefined => (value === undefined ? undefined : print(value))
  const password = own('pass', 'ansible_become_pass', 'ansible_become_password') ?? options.becomePassword
  const flags = own('flags') ?? asText(keyword('become_flags')) ?? options.becomeFlags
  const executable = own('exe') ?? asText(keyword('become_exe')) ?? options.becomeExe
  return {
    method,
    user: own('user') ?? asText(keyword('become_user')) ?? options.becomeUser ?? 'root',
    ...(password !== undefined && { password }),
    ...(flags !== undefined && { flags: wordsOf(flags, 'become_flags') }),
    ...(executable !== undefined && { executable: wordsOf(executable, 'become_exe') }),
  }
}

/**
 * What is wrong with how a task is to reach a host, as far as that can be told without looking at the host.
 *
 * @throws {DiagnosticError} what `connectionSettings` and `becomeFor` throw.
 */
export function checkConnection(hostName: string, task: CompiledTask, evaluator: Evaluator, options: RunOptions, inventory: Inventory): void {
  const { connection, leadingSshArguments, sshArguments } = connectionSettings(hostName, evaluator, options, inventory, connectionKeywords(task, evaluator))
  if (connection !== 'ssh') return
  const given = new SshOptions()
  addArguments(given, leadingSshArguments ?? [], { switches: true })
  addArguments(given, sshArguments)
}

/** A keyword of the task or of what it inherits from; undefined where there is none, or an empty one. */
function keywordValue(task: Chained | undefined, evaluator: Evaluator, name: string): Value | undefined {
  const value = task && inheritedValue(task.chain, name, evaluator)
  return value === null || value === '' ? undefined : value
}

/** The first of these variables that has a value. */
function textOf(evaluator: Evaluator, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = evaluator.get(name)
    if (value !== undefined && value !== null && value !== '') return print(value)
  }
  return undefined
}

function connectionKind(name: string, hostName: string, range: SourceRange | undefined): 'ssh' | 'local' {
  const plain = name.replace(/^ansible\.(?:builtin|legacy)\./, '')
  if (plain === 'local') return 'local'
  if (plain === 'ssh' || plain === 'smart' || plain === 'paramiko' || plain === 'paramiko_ssh') return 'ssh'
  return fail('UNSUPPORTED_VALUE', `the connection '${name}' of the host '${hostName}' is not supported`, { range, hint: 'There are ssh and local.' })
}

function portOf(text: string, what: string): number {
  const port = numberOf(text, what)
  if (port < 1 || port > 65_535) fail('WRONG_TYPE', `${what} is no port: '${text}'`)
  return port
}

function numberOf(text: string, what: string): number {
  if (!/^\s*\d+\s*$/.test(text)) fail('WRONG_TYPE', `${what} takes a whole number, and this is '${text}'`)
  return Number(text)
}

function wordsOf(text: string, what: string): string[] {
  try {
    return splitWords(text)
  } catch (error) {
    fail('WRONG_TYPE', `${what} cannot be read: '${text}'`, { detail: (error as Error).message })
  }
}

/** The words of an option's value. */
function sshWords(text: string | undefined): string[] {
  try {
    return splitWords(text ?? '')
  } catch (error) {
    fail('UNSUPPORTED_SSH_OPTION', `the options '${text ?? ''}' of the ssh client cannot be read`, { detail: (error as Error).message })
  }
}
