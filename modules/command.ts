/** Runs a program without a shell. */
import { action, param, splitWords, z } from '../runner/module.ts'
import { COMMAND_RETURNS, commandParams, dryRun, guard, guardProbes, runCommand } from './shared/command.ts'

const params = () =>
  z
    .object({
      cmd: param
        .string()
        .optional()
        .describe('The command line: words as a shell would read them, with $VARIABLES, but without pipes, redirections and patterns.'),
      argv: param
        .list(param.string())
        .refine((words) => words.length > 0, 'no command given')
        .optional()
        .describe('Instead of cmd: the words one by one.'),
      expand_argument_vars: param.bool().default(true).describe('Whether $NAME, ${NAME} and a ~ in front stand for what they are on the host.'),
      executable: param.string().optional().describe('Of no effect: no shell is involved.'),
      ...commandParams(),
    })
    .strict()
    .superRefine((p, context) => {
      const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
      if (p.cmd !== undefined && p.argv !== undefined) issue('argv', 'only command or argv can be given, not both')
      if (p.cmd === undefined && p.argv === undefined) issue('cmd', 'no command given')
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
  notes: ['The values of $NAME come from the environment of the command itself, the `environment` of the task included.'],

  probe: (p) => guardProbes(p),
  guard: (state, p, check) => guard(state, p, wordsOf(p), check),
  dryRun: (p) => dryRun(p, wordsOf(p)),
  run: (p) => runCommand(wordsOf(p), p, wordsOf(p), { expands: p.expand_argument_vars }),
})
