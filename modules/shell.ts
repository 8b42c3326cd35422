/** Runs a command line in a shell. */
import { action, param, z } from '../runner/module.ts'
import { COMMAND_RETURNS, checkGuards, commandParams, guard, guardProbes, runCommand } from './shared/command.ts'

const params = () =>
  z
    .object({
      cmd: param
        .string()
        .refine((cmd) => cmd.trim() !== '', 'no command given')
        .describe('The command line, as the shell reads it.'),
      executable: param.path().default('/bin/sh').describe('The shell.'),
      ...commandParams(),
    })
    .strict()
    .superRefine((p, context) => checkGuards(p, (path, message) => context.addIssue({ code: 'custom', path: [path], message })))

export default action({
  summary: 'Runs a command line in a shell.',
  params,
  freeForm: 'cmd',
  examples: [
    { name: 'Count the established tunnels', args: "ipsec trafficstatus | grep -c 'type=ESP'" },
    { name: 'Keep the routes as they were', args: 'cmd: ip route > /root/routes.before\ncreates: /root/routes.before' },
  ],
  returns: COMMAND_RETURNS,
  notes: ['The paths of creates and removes have to be absolute, or chdir has to be given; ~ and variables in them are not expanded.'],

  probe: (p) => guardProbes(p),
  guard: (state, p) => guard(state, p, p.cmd),
  run: (p) => runCommand([p.executable, '-c', p.cmd], p, p.cmd),
})
