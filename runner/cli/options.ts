/** The one table of options: parsing, `--help` and the page in `docs/` are made from it. */

export interface OptionEntry {
  /** Without the dashes. */
  readonly long: string
  readonly short?: string
  /** Other spellings of `long`. */
  readonly also?: readonly string[]
  readonly kind: 'flag' | 'text' | 'list' | 'count'
  /** What stands for the value in the help: `HOSTS`. */
  readonly value?: string
  readonly help: string
  readonly group: OptionGroup
}

const GROUPS = ['what to run', 'how to run it', 'how to connect', 'passwords', 'what to print', 'instead of running'] as const
type OptionGroup = (typeof GROUPS)[number]

/** What every command takes that may meet a vault. */
const VAULT_OPTIONS = [
  {
    long: 'vault-id',
    kind: 'list',
    value: 'ID',
    group: 'passwords',
    help: 'a password of vaults: LABEL@FILE, LABEL@SCRIPT or LABEL@prompt, the label left out where it is default',
  },
  {
    long: 'vault-password-file',
    also: ['vault-pass-file'],
    kind: 'list',
    value: 'FILE',
    group: 'passwords',
    help: 'a file, or a program that prints it, with the password of vaults',
  },
  { long: 'ask-vault-pass', short: 'J', also: ['ask-vault-password'], kind: 'flag', group: 'passwords', help: 'ask for the password of vaults' },
] as const satisfies readonly OptionEntry[]

/** What every command takes that reads an inventory. */
const INVENTORY_OPTIONS = [
  {
    long: 'inventory',
    short: 'i',
    also: ['inventory-file'],
    kind: 'list',
    value: 'SOURCE',
    group: 'what to run',
    help: 'inventory file, folder or script, or a list of hosts with a comma (host,); may be given several times',
  },
  {
    long: 'extra-vars',
    short: 'e',
    kind: 'list',
    value: 'VARS',
    group: 'what to run',
    help: 'variables above all others: name=value, YAML or JSON text, or @FILE; may be given several times',
  },
] as const satisfies readonly OptionEntry[]

export const OPTIONS = [
  ...INVENTORY_OPTIONS,
  { long: 'limit', short: 'l', kind: 'text', value: 'PATTERN', group: 'what to run', help: 'only these hosts of each play; @FILE names a file of patterns' },
  { long: 'tags', short: 't', kind: 'list', value: 'TAGS', group: 'what to run', help: 'only tasks with one of these tags (comma-separated)' },
  { long: 'skip-tags', kind: 'list', value: 'TAGS', group: 'what to run', help: 'no tasks with one of these tags' },
  { long: 'start-at-task', kind: 'text', value: 'NAME', group: 'what to run', help: 'leave out the tasks before the one of this name' },
  { long: 'module-path', short: 'M', kind: 'list', value: 'FOLDERS', group: 'what to run', help: 'folders with further modules, with colons between them' },

  { long: 'check', short: 'C', kind: 'flag', group: 'how to run it', help: 'change nothing; show what a run would change' },
  { long: 'forks', short: 'f', kind: 'text', value: 'N', group: 'how to run it', help: 'how many hosts at once (default 50)' },
  { long: 'step', kind: 'flag', group: 'how to run it', help: 'ask before each task' },
  { long: 'force-handlers', kind: 'flag', group: 'how to run it', help: 'run the handlers of a host even where a task failed on it' },
  { long: 'flush-cache', kind: 'flag', group: 'how to run it', help: 'forget the facts that earlier runs have kept' },
  { long: 'become', short: 'b', kind: 'flag', group: 'how to run it', help: 'act as another user on the hosts' },
  { long: 'become-user', kind: 'text', value: 'USER', group: 'how to run it', help: 'the user to become (default root)' },
  { long: 'become-method', kind: 'text', value: 'METHOD', group: 'how to run it', help: 'how to become: sudo, su or doas' },

  { long: 'user', short: 'u', kind: 'text', value: 'USER', group: 'how to connect', help: 'log in as this user' },
  { long: 'private-key', also: ['key-file'], kind: 'text', value: 'FILE', group: 'how to connect', help: 'the private key to log in with' },
  { long: 'connection', short: 'c', kind: 'text', value: 'KIND', group: 'how to connect', help: 'ssh or local (default ssh)' },
  { long: 'timeout', short: 'T', kind: 'text', value: 'SECONDS', group: 'how to connect', help: 'how long a login may take (default 10)' },
  { long: 'ssh-common-args', kind: 'text', value: 'ARGS', group: 'how to connect', help: 'options of the OpenSSH client: -o, -J, -i, -p, -F, -l' },
  { long: 'ssh-extra-args', kind: 'text', value: 'ARGS', group: 'how to connect', help: 'further options of the OpenSSH client' },
  { long: 'scp-extra-args', kind: 'text', value: 'ARGS', group: 'how to connect', help: 'of no effect: scp is not called' },
  { long: 'sftp-extra-args', kind: 'text', value: 'ARGS', group: 'how to connect', help: 'of no effect: sftp is not called' },
  {
    long: 'accept-new-host-keys',
    kind: 'flag',
    group: 'how to connect',
    help: 'write down the keys of hosts that are not known yet; a changed key is refused all the same',
  },

  { long: 'ask-pass', short: 'k', kind: 'flag', group: 'passwords', help: 'ask for the password to log in with' },
  {
    long: 'connection-password-file',
    also: ['conn-pass-file'],
    kind: 'text',
    value: 'FILE',
    group: 'passwords',
    help: 'a file, or a program that prints it, with the password to log in with',
  },
  { long: 'ask-become-pass', short: 'K', kind: 'flag', group: 'passwords', help: 'ask for the password to become another user with' },
  {
    long: 'become-password-file',
    also: ['become-pass-file'],
    kind: 'text',
    value: 'FILE',
    group: 'passwords',
    help: 'a file, or a program that prints it, with the password to become another user with',
  },
  ...VAULT_OPTIONS,

  { long: 'diff', short: 'D', kind: 'flag', group: 'what to print', help: 'put diffs into JSON output (human output always has them)' },
  { long: 'no-diff', kind: 'flag', group: 'what to print', help: 'leave the content of files out of human output' },
  { long: 'output', kind: 'text', value: 'FORMAT', group: 'what to print', help: 'human or json (default human)' },
  { long: 'verbose', short: 'v', kind: 'count', group: 'what to print', help: 'show what tasks return; -vv and -vvv also say what the program does' },

  { long: 'syntax-check', kind: 'flag', group: 'instead of running', help: 'check everything that can be known without a connection' },
  { long: 'list-hosts', kind: 'flag', group: 'instead of running', help: 'list the hosts of each play' },
  { long: 'list-tasks', kind: 'flag', group: 'instead of running', help: 'list the tasks that would run' },
  { long: 'list-tags', kind: 'flag', group: 'instead of running', help: 'list the tags of the tasks' },
  { long: 'help', short: 'h', kind: 'flag', group: 'instead of running', help: 'show this help' },
  { long: 'version', kind: 'flag', group: 'instead of running', help: 'show the version' },
] as const satisfies readonly OptionEntry[]

export type OptionName = (typeof OPTIONS)[number]['long']

/** `playline inventory`. */
export const INVENTORY_COMMAND = [
  ...INVENTORY_OPTIONS,
  { long: 'playbook-dir', kind: 'text', value: 'FOLDER', group: 'what to run', help: 'the folder that counts as the playbook’s (default: this one)' },
  { long: 'list', kind: 'flag', group: 'instead of running', help: 'all groups and hosts' },
  { long: 'host', kind: 'text', value: 'HOST', group: 'instead of running', help: 'the variables of a host' },
  { long: 'graph', kind: 'flag', group: 'instead of running', help: 'a tree of groups and hosts, below the group that is named' },
  { long: 'vars', kind: 'flag', group: 'what to print', help: 'with --graph: variables too' },
  { long: 'yaml', short: 'y', kind: 'flag', group: 'what to print', help: 'YAML instead of JSON' },
  { long: 'export', kind: 'flag', group: 'what to print', help: 'the variables of groups at the groups, as a file would have them' },
  { long: 'output', kind: 'text', value: 'FILE', group: 'what to print', help: 'write to a file' },
  { long: 'verbose', short: 'v', kind: 'count', group: 'what to print', help: 'of no effect' },
  { long: 'help', short: 'h', kind: 'flag', group: 'instead of running', help: 'show this help' },
  ...VAULT_OPTIONS,
] as const satisfies readonly OptionEntry[]

/** `playline vault`. */
export const VAULT_COMMAND = [
  ...VAULT_OPTIONS,
  { long: 'encrypt-vault-id', kind: 'text', value: 'LABEL', group: 'passwords', help: 'the label of the password to encrypt with, where several are given' },
  { long: 'new-vault-id', kind: 'text', value: 'ID', group: 'passwords', help: 'rekey: the new password, as with --vault-id' },
  { long: 'new-vault-password-file', kind: 'text', value: 'FILE', group: 'passwords', help: 'rekey: the new password, as with --vault-password-file' },
  { long: 'output', kind: 'text', value: 'FILE', group: 'what to print', help: 'encrypt, decrypt, encrypt_string: write to a file; - is stdout' },
  { long: 'name', short: 'n', kind: 'list', value: 'NAME', group: 'what to print', help: 'encrypt_string: the name of the variable, for each text' },
  { long: 'stdin-name', kind: 'text', value: 'NAME', group: 'what to print', help: 'encrypt_string: the name of the variable whose text is on stdin' },
  { long: 'prompt', short: 'p', kind: 'flag', group: 'what to print', help: 'encrypt_string: ask for the text' },
  { long: 'verbose', short: 'v', kind: 'count', group: 'what to print', help: 'of no effect' },
  { long: 'help', short: 'h', kind: 'flag', group: 'instead of running', help: 'show this help' },
] as const satisfies readonly OptionEntry[]

/** The text of `--help`. */
export function renderHelp(): string {
  const lines = [
    'usage: playline PLAYBOOK… -i INVENTORY [options]',
    '       playline inventory --list | --host HOST | --graph [GROUP]',
    '       playline vault encrypt | decrypt | view | edit | create | rekey | encrypt_string',
    '       playline doc MODULE | --list',
    '',
    "Runs Ansible's YAML playbooks over SSH, with nothing installed on the hosts.",
    ...optionLines(OPTIONS),
  ]
  lines.push('', 'exit codes: 0 all well, 1 a mistake in files, 2 a host failed or an option is wrong, 4 a host was unreachable or the run was refused')
  return `${lines.join('\n')}\n`
}

/** The help of a command. */
export function renderCommandHelp(usage: readonly string[], options: readonly OptionEntry[]): string {
  return [...usage.map((line, index) => `${index === 0 ? 'usage: ' : '       '}${line}`), ...optionLines(options), ''].join('\n')
}

function optionLines(options: readonly OptionEntry[]): string[] {
  return GROUPS.flatMap((group) => {
    const own = options.filter((option) => option.group === group)
    return own.length === 0 ? [] : ['', `${group}:`, ...own.map((option) => `  ${spelling(option).padEnd(36)} ${option.help}`)]
  })
}

/** `-i, --inventory SOURCE`. */
export function spelling(option: OptionEntry): string {
  return `${option.short === undefined ? '    ' : `-${option.short}, `}--${option.long}${option.value === undefined ? '' : ` ${option.value}`}`
}
