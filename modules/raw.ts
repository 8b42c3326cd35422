/** Runs a command line in the login shell, whatever shell that is. */
import { action, param, quoteWord, run, z } from '../runner/module.ts'
import { COMMAND_TIMEOUT_MS, lines } from './shared/command.ts'

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
  returns: {
    rc: 'The exit code; any but 0 fails the task.',
    stdout: 'What it printed. Over SSH that is what a terminal showed: with its error output, and with CR LF at the ends of lines.',
    stderr: "What it printed to its error output; over SSH the last words of OpenSSH's client.",
    stdout_lines: 'stdout, line by line.',
    stderr_lines: 'stderr, line by line.',
  },
  notes: ['The `environment` of the task is not for it, as in Ansible.'],

  dryRun: () => ({ result: {}, counts: 'skipped' }),
  *run(p) {
    const reply = yield run([p.executable ?? '/bin/sh', '-c', p.cmd], {
      okExitCodes: 'any',
      timeoutMs: COMMAND_TIMEOUT_MS,
      takesEnvironment: false,
      terminal: { commandLine: p.executable === undefined ? p.cmd : `${p.executable} -c ${quoteWord(p.cmd)}` },
    })
    return {
      rc: reply.exitCode,
      stdout: reply.stdout,
      stdout_lines: lines(reply.stdout),
      stderr: reply.stderr,
      stderr_lines: lines(reply.stderr),
      ...(reply.exitCode !== 0 && { failed: true, msg: 'non-zero return code' }),
    }
  },
})
