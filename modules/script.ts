/** Copies a script from the controller to the host, runs it there, and takes it away again. */
import { action, NothingDone, param, put, quoteWord, run, splitWords, uniqueName, z } from '../runner/module.ts'
import { COMMAND_TIMEOUT_MS, guardProbes, needless, TERMINAL_RETURNS, terminalResult } from './shared/command.ts'

export default action({
  summary: 'Copies a script from the controller to the host, runs it there, and takes it away again.',
  params: () =>
    z
      .object({
        cmd: param.scriptSource().describe('The script, looked for as other files are, and its arguments.'),
        executable: param.nonEmptyString().optional().describe('The program that runs it, instead of what its first line names.'),
        chdir: z.string().min(1).optional().describe('The folder to run it in; an absolute path.'),
        creates: z.string().min(1).optional().describe('Where this path exists, it is skipped.'),
        removes: z.string().min(1).optional().describe('Where this path does not exist, it is skipped.'),
        decrypt: param.bool().default(true).describe('Of no effect: what is encrypted with a vault is decrypted.'),
      })
      .strict(),
  freeForm: 'cmd',
  examples: [
    { name: 'Once', args: 'cmd: check-tunnels.sh --all\ncreates: /run/tunnels.checked' },
    { name: 'In another language', args: 'cmd: report.py\nexecutable: python3' },
  ],
  returns: TERMINAL_RETURNS,

  // A relative path is not below chdir here.
  probe: (p) => guardProbes({ creates: p.creates, removes: p.removes }),
  guard(state, p) {
    const why = needless(state, p)
    if (!why) return undefined
    const option = why.is === 'exists' ? 'creates' : 'removes'
    return { result: { msg: `${why.path} ${why.is}, matching ${option} option` }, skipped: true }
  },
  dryRun: (p) =>
    p.creates !== undefined || p.removes !== undefined
      ? { result: {}, counts: 'changed' }
      : { result: { msg: 'Check mode is not supported for this task.' }, counts: 'skipped' },
  *run(p) {
    if (p.chdir?.startsWith('/') === false) {
      const msg = `chdir ${p.chdir} must be an absolute path for a Unix-aware remote node`
      throw new NothingDone(msg, { msg })
    }
    const written = p.cmd.name.trim()
    const named = splitWords(written)[0]!
    // The name is needed in quotes or without: nothing in it may mean something to a shell.
    const path = `/tmp/${uniqueName()}-${named.slice(named.lastIndexOf('/') + 1).replace(/[^\w.+-]/g, '_')}`
    const command = written.replaceAll(named, path)
    const line = `${p.chdir === undefined ? '' : `cd ${quoteWord(p.chdir)} && `}${p.executable === undefined ? '' : `${p.executable} `}${command}`
    yield put(path, p.cmd.content, { mode: '0700' })
    const reply = yield run(['/bin/sh', '-c', line], {
      okExitCodes: 'any',
      timeoutMs: COMMAND_TIMEOUT_MS,
      terminal: { commandLine: `/bin/sh -c ${quoteWord(line)}` },
    })
    yield run(['rm', '-f', path])
    return terminalResult(reply)
  },
})
