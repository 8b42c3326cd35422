/** How to reach a host, and as whom to act there: from its variables, the task's keywords and the command line. */
import { fail } from '../diagnostic/diagnostic.ts'
import type { Inventory } from '../load/inventory/inventory.ts'
import { isLocalhost } from '../load/inventory/pattern.ts'
import { inherited, type CompiledTask } from '../plan/compiled.ts'
import type { Become, ConnectionSettings } from '../port/port.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import type { Value } from '../value/value.ts'
import { splitWords } from '../value/words.ts'
import type { RunOptions } from './options.ts'

/** Variables whose values are secrets wherever they are used. */
export const PASSWORD_VARIABLES: ReadonlySet<string> = new Set([
  'ansible_password',
  'ansible_ssh_pass',
  'ansible_become_password',
  'ansible_become_pass',
  'ansible_sudo_pass',
])

/** What a task, or what it inherits from, says of the connection. */
export interface ConnectionKeywords {
  readonly connection: string | undefined
  readonly user: string | undefined
  readonly port: number | undefined
}

export function connectionKeywords(task: Pick<CompiledTask, 'chain'> | undefined, evaluator: Evaluator): ConnectionKeywords {
  const text = (name: string): string | undefined => {
    const found = task && inherited(task.chain, name)
    return found && found.raw !== null ? print(evaluator.value(found.raw)) : undefined
  }
  const port = text('port')
  return { connection: text('connection'), user: text('remote_user'), port: port === undefined ? undefined : Number(port) }
}

/** Variables win over keywords, keywords over the command line, as in Ansible. */
export function connectionSettings(
  hostName: string,
  evaluator: Evaluator,
  options: RunOptions,
  inventory: Inventory,
  keywords: ConnectionKeywords,
): ConnectionSettings {
  const text = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = evaluator.get(name)
      if (value !== undefined && value !== null && value !== '') return print(value)
    }
    return undefined
  }
  const implicitLocal = isLocalhost(hostName) && inventory.hosts.get(hostName)?.listed !== true
  const connection = text('ansible_connection') ?? keywords.connection ?? options.connection ?? (implicitLocal ? 'local' : 'ssh')
  if (connection !== 'local' && connection !== 'ssh' && connection !== 'smart' && connection !== 'paramiko') {
    fail('UNSUPPORTED_VALUE', `the connection '${connection}' of the host '${hostName}' is not supported`, { hint: 'There are ssh and local.' })
  }
  const port = text('ansible_port', 'ansible_ssh_port')
  const key = text('ansible_ssh_private_key_file', 'ansible_private_key_file') ?? options.privateKeyFile
  const checking = evaluator.get('ansible_host_key_checking')
  return {
    connection: connection === 'local' ? 'local' : 'ssh',
    hostName,
    address: text('ansible_host', 'ansible_ssh_host') ?? hostName,
    port: port === undefined ? keywords.port : Number(port),
    user: text('ansible_user', 'ansible_ssh_user') ?? keywords.user ?? options.remoteUser,
    privateKeyFiles: key === undefined ? [] : [key],
    password: text('ansible_password', 'ansible_ssh_pass'),
    connectTimeoutMs: options.connectTimeoutMs,
    sshArguments: [...sshWords(text('ansible_ssh_common_args')), ...sshWords(text('ansible_ssh_extra_args')), ...options.sshArguments],
    hostKeyChecking: options.acceptNewHostKeys ? 'accept-new' : checking !== undefined && !booleanOf(checking) ? 'off' : 'strict',
  }
}

/** Who to be on the host for a task; undefined: who logged in. */
export function becomeFor(task: Pick<CompiledTask, 'chain'> | undefined, evaluator: Evaluator, options: RunOptions): Become | undefined {
  const keyword = (name: string): Value | undefined => {
    const found = task && inherited(task.chain, name)
    return found === undefined || found.raw === null ? undefined : evaluator.value(found.raw)
  }
  const wanted = evaluator.get('ansible_become') ?? keyword('become') ?? options.become
  if (!booleanOf(wanted)) return undefined
  const method = evaluator.get('ansible_become_method') ?? keyword('become_method') ?? options.becomeMethod ?? 'sudo'
  if (method !== 'sudo') fail('UNSUPPORTED_VALUE', `the become method '${print(method)}' is not supported yet`, { hint: 'There is sudo.' })
  const user = evaluator.get('ansible_become_user') ?? keyword('become_user') ?? options.becomeUser ?? 'root'
  const password = evaluator.get('ansible_become_password') ?? evaluator.get('ansible_become_pass')
  return { method: 'sudo', user: print(user), ...(password !== undefined && { password: print(password) }) }
}

/** The words of an option's value. */
function sshWords(text: string | undefined): string[] {
  try {
    return splitWords(text ?? '')
  } catch (error) {
    fail('UNSUPPORTED_SSH_OPTION', `the options '${text ?? ''}' of the ssh client cannot be read`, { detail: (error as Error).message })
  }
}
