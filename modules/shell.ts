/** Runs a command line in a shell. */
import { action, param, quoteWord, z } from '../runner/module.ts'
import { COMMAND_RETURNS, commandParams, dryRun, guard, guardProbes, nothingToRun, runCommand } from './shared/command.ts'

const params = () =>
  z
    .object({
      cmd: param.string().optional().describe('The command line, as the shell reads it.'),
      argv: param.list(param.string()).optional().describe('Instead of cmd: words that mean nothing more to the shell.'),
      executable: param.nonEmptyString().optional().describe('The shell; without it /bin/sh, or what ansible_shell_executable names.'),
      ...commandParams(),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

/** @throws {NothingDone} where there is no command, or two. */
function commandOf({ cmd = '', argv = [] }: Params): { readonly line: string; readonly told: string | readonly string[] } {
  if (cmd.trim() !== '' && argv.length > 0) nothingToRun('only command or argv can be given, not both')
  if (argv.length > 0) return { line: argv.map(quoteWord).join(' '), told: argv }
  return cmd.trim() === '' ? nothingToRun('no command given') : { line: cmd, told: cmd }
}

export default action({
  summary: 'Runs a command line in a shell.',
  params,
  freeForm: 'cmd',
  examples: [
    { name: 'Count the established tunnels', args: "ipsec trafficstatus | grep -c 'type=ESP'" },
    { name: 'Keep the routes as they were', args: 'cmd: ip route > /root/routes.before\ncreates: /root/routes.before' },
  ],
  returns: COMMAND_RETURNS,

  probe: (p) => guardProbes(p),
  guard: (state, p, check) => guard(state, p, commandOf(p).told, check),
  dryRun: (p) => dryRun(p, commandOf(p).told),
  run: (p) => {
    const { line, told } = commandOf(p)
    return runCommand([p.executable ?? '/bin/sh', '-c', line], p, told, { inShell: p.executable === undefined })
  },
})
