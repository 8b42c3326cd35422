/** Runs a program without a shell. */
import { action, param, quoteWord, splitWords, z } from '../runner/module.ts'
import { COMMAND_RETURNS, checkGuards, commandParams, guard, guardProbes, runCommand } from './shared/command.ts'

const params = () =>
  z
    .object({
      cmd: param
        .string()
        .optional()
        .describe('The command line: words as a shell would read them, with $VARIABLES, but without pipes, redirections and patterns.'),
      argv: z.array(param.string()).min(1).optional().describe('Instead of cmd: the words one by one.'),
      expand_argument_vars: param.bool().default(true).describe('Whether $NAME, ${NAME} and a ~ in front stand for what they are on the host.'),
      ...commandParams(),
    })
    .strict()
    .superRefine((p, context) => {
      const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
      if (p.cmd !== undefined && p.argv !== undefined) issue('argv', 'only command or argv can be given, not both')
      if (p.cmd === undefined && p.argv === undefined) issue('cmd', 'no command given')
      checkGuards(p, issue)
      if (p.cmd === undefined) return
      try {
        if (splitWords(p.cmd).length === 0) issue('cmd', 'no command given')
      } catch (error) {
        issue('cmd', (error as Error).message)
      }
    })
type Params = z.output<ReturnType<typeof params>>

function wordsOf(p: Params): [string, ...string[]] {
  return (p.argv ?? splitWords(p.cmd!)) as [string, ...string[]]
}

const EXPANDABLE = /\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})|^~/

/**
 * The words for the host. Where a word has a variable or begins with ~, `sh` puts the values in: each word is one quoted word
 * of its command line, with nothing in it but texts and variables, so a value is never split and never read as a command. A
 * variable that is not set stays as it is written.
 */
function argvFor(words: readonly [string, ...string[]], expands: boolean): [string, ...string[]] {
  if (!expands || !words.some((word) => EXPANDABLE.test(word))) return [...words]
  return ['sh', '-c', `exec ${words.map(expandable).join(' ')}`]
}

function expandable(word: string): string {
  // A quoted slash would end the tilde's meaning.
  const home = /^~[A-Za-z0-9_.-]*(?:\/|$)/.exec(word)?.[0] ?? ''
  const rest = word.slice(home.length)
  const parts = rest.split(/(\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\}))/)
  const quoted = parts.map((part, index) => {
    if (index % 2 === 0) return part === '' ? '' : quoteWord(part)
    return `"\${${part.replace(/[${}]/g, '')}-${part.replace('$', '\\$').replace('}', '\\}')}}"`
  })
  return home + quoted.join('') || "''"
}

export default action({
  summary: 'Runs a program without a shell.',
  params,
  freeForm: 'cmd',
  examples: [
    { name: 'Show the tunnels', args: 'cmd: ipsec trafficstatus' },
    { name: 'Make the key database once', args: 'argv: [ipsec, initnss]\ncreates: /var/lib/ipsec/nss/cert9.db' },
    { name: 'Text alone', args: 'uptime -p' },
  ],
  returns: COMMAND_RETURNS,
  notes: [
    'The values of $NAME come from the environment of the command itself, the `environment` of the task included; `sh` puts them in, and runs nothing else.',
    'Where a program does not exist, msg says so in other words.',
    'The paths of creates and removes have to be absolute, or chdir has to be given; ~ and variables in them are not expanded.',
  ],

  probe: (p) => guardProbes(p),
  guard: (state, p) => guard(state, p, wordsOf(p)),
  run: (p) => runCommand(argvFor(wordsOf(p), p.expand_argument_vars), p, wordsOf(p)),
})
