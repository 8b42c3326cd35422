/** Runs a command line in a shell. */
import { action, param, z } from '../runner/module.ts'
import { COMMAND_RETURNS, commandParams, dryRun, guard, guardProbes, nothingToRun, runCommand } from './shared/command.ts'

const params = () =>
  z
    .object({
      cmd: param.string().default('').describe('The command line, as the shell reads it.'),
      executable: param.nonEmptyString().optional().describe('The shell; without it /bin/sh, or what ansible_shell_executable names.'),
      ...commandParams(),
    })
    .strict()

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
  guard: (state, p, check) => (p.cmd.trim() === '' ? nothingToRun('no command given') : guard(state, p, p.cmd, check)),
  dryRun: (p) => dryRun(p, p.cmd),
  run: (p) => runCommand([p.executable ?? '/bin/sh', '-c', p.cmd], p, p.cmd, { inShell: p.executable === undefined }),
})
