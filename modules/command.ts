/** Runs a program without a shell. */
import { action, param, splitWords, z } from '../runner/module.ts'
import { COMMAND_RETURNS, commandParams, dryRun, guard, guardProbes, nothingToRun, runCommand } from './shared/command.ts'

const params = () =>
  z
    .object({
      cmd: param
        .string()
        .optional()
        .describe('The command line: words as a shell would read them, with $VARIABLES, but without pipes, redirections and patterns.'),
      argv: param.list(param.string()).optional().describe('Instead of cmd: the words one by one.'),
      expand_argument_vars: param.bool().default(true).describe('Whether $NAME, ${NAME} and a ~ in front stand for what they are on the host.'),
      executable: param.string().optional().describe('Of no effect: no shell is involved.'),
      ...commandParams(),
    })
    .strict()
    .superRefine((p, context) => {
      if (p.cmd === undefined) return
      try {
        splitWords(p.cmd)
      } catch (error) {
        context.addIssue({ code: 'custom', path: ['cmd'], message: (error as Error).message })
      }
    })
type Params = z.output<ReturnType<typeof params>>

/** @throws {NothingDone} where there are none, or two commands. */
function wordsOf(p: Params): [string, ...string[]] {
  const words = splitWords(p.cmd ?? '')
  const argv = p.argv ?? []
  if (words.length > 0 && argv.length > 0) nothingToRun('only command or argv can be given, not both')
  const [program, ...rest] = argv.length > 0 ? argv : words
  return program === undefined ? nothingToRun('no command given') : [program, ...rest]
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
