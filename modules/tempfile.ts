/** A temporary file or folder. */
import { action, param, run, z } from '../runner/module.ts'

export default action({
  summary: 'Makes a temporary file or folder.',
  params: () =>
    z
      .object({
        state: z.enum(['file', 'directory']).default('file').describe('What to make.'),
        path: param.path().optional().describe("The folder to make it in; without it, the host's own for temporary files."),
        prefix: z
          .string()
          .regex(/^[^/\0]*$/, 'a prefix is a part of a name')
          .default('ansible.')
          .describe('How its name begins.'),
        suffix: z
          .string()
          .regex(/^[^/\0]*$/, 'a suffix is a part of a name')
          .default('')
          .describe('How its name ends.'),
      })
      .strict(),
  examples: [
    { name: 'A place for the download', args: 'state: directory\nsuffix: build' },
    { name: 'A file', args: 'state: file\nprefix: playline.' },
  ],
  returns: {
    path: 'Its path.',
    state: 'What it is: file or directory.',
    mode: 'Its permissions.',
    uid: 'The number of its owner.',
    gid: 'The number of its group.',
  },

  makesOnlyNew: true,
  dryRun: () => ({ result: { msg: 'remote module (tempfile) does not support check mode' }, counts: 'skipped' }),
  run: function* (p) {
    const folder = p.path === undefined ? ['--tmpdir'] : ['-p', p.path]
    const made = yield run(['mktemp', ...(p.state === 'directory' ? ['-d'] : []), ...folder, `--suffix=${p.suffix}`, `${p.prefix}XXXXXXXX`])
    const path = made.stdout.replace(/\n$/, '')
    const about = yield run(['stat', '-c', '%a %u %g %U %G %s', path])
    const [mode, uid, gid, owner, group, size] = about.stdout.trim().split(' ') as [string, string, string, string, string, string]
    return { path, state: p.state, mode: mode.padStart(4, '0'), uid: Number(uid), gid: Number(gid), owner, group, size: Number(size) }
  },
})
