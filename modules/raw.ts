/** Runs a command line in the login shell, whatever shell that is. */
import { action, param, quoteWord, run, z } from '../runner/module.ts'
import { COMMAND_TIMEOUT_MS, TERMINAL_RETURNS, terminalResult } from './shared/command.ts'

export default action({
  summary: 'Runs a command line in the login shell: on hosts that have little else.',
  params: () =>
    z
      .object({
        cmd: param
          .string()
          .refine((cmd) => cmd.trim() !== '', 'no command given')
          .describe('The command line.'),
        executable: param.nonEmptyString().optional().describe('A shell that runs it instead.'),
      })
      .strict(),
  freeForm: 'cmd',
  examples: [
    { name: 'Before anything else is there', args: 'cmd: opkg update' },
    { name: 'Text alone', args: 'show version' },
  ],
  returns: TERMINAL_RETURNS,
  notes: ['The `environment` of the task is not for it, as in Ansible.'],

  dryRun: () => ({ result: {}, counts: 'skipped' }),
  *run(p) {
    const reply = yield run([p.executable ?? '/bin/sh', '-c', p.cmd], {
      okExitCodes: 'any',
      timeoutMs: COMMAND_TIMEOUT_MS,
      takesEnvironment: false,
      terminal: { commandLine: p.executable === undefined ? p.cmd : `${p.executable} -c ${quoteWord(p.cmd)}` },
    })
    return terminalResult(reply)
  },
})
