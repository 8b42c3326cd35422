/** Brings a file of the host to the controller. */
import { KNOWN_AFTER_APPLY, controllerFile, file, isCertain, orUnknown, param, put, state, z } from '../runner/module.ts'
import type { After, FileState, Planned, Probe, ProbeTree, StateOf } from '../runner/module.ts'
import { basename, followLinks, onlyPath } from './shared/target.ts'

/** Larger files are not brought home. */
const MAX_BYTES = 256 * 1024 * 1024

const params = () =>
  z
    .object({
      src: param.path().describe('The file on the host.'),
      dest: param
        .controllerDestination()
        .describe('The folder on the controller below which it is put as HOST/PATH; with flat, the file itself, or with / at its end the folder.'),
      flat: param.bool().default(false).describe('Put it at dest itself.'),
      fail_on_missing: param.bool().default(true).describe('Whether a file that is not there fails the task.'),
      validate_checksum: param.bool().default(true).describe('Whether what arrived is compared; it always is.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

type Probes = {
  readonly source: Record<string, Probe<FileState>>
  readonly kept: Record<string, Probe<FileState>>
}
type State = StateOf<Probes>

function target({ src, dest, flat }: Params): string {
  if (!flat) return `${dest.path.replace(/\/$/, '')}/${dest.host}/${src.slice(1)}`
  return dest.path.endsWith('/') ? `${dest.path}${basename(src)}` : dest.path
}

function* probe(p: Params): Generator<ProbeTree, Probes, never> {
  const { path } = yield* followLinks(p.src, 'none')
  const at = target(p)
  return { source: { [path]: { ...file(path), read: { kind: 'file', path, content: 'bytes', maxBytes: MAX_BYTES } } }, kept: { [at]: controllerFile(at) } }
}

/** Why there is nothing to fetch. */
function problem(source: FileState, p: Params): string | undefined {
  if (source.type === 'absent') return 'the remote file does not exist'
  if (source.type === 'directory') return 'remote file is a directory, fetch cannot work on directories'
  if (source.type !== 'file') return 'remote file is not a regular file, fetch cannot work on it'
  return source.content.bytes === undefined ? `the file is larger than ${MAX_BYTES / 1024 / 1024} MiB: ${p.src}` : undefined
}

/** Of a file that is not there Ansible says this even where it fails for that. */
function ignored(why: string): string {
  return `${why}, not transferring, ignored`
}

function plan(before: State, p: Params): Planned<State> {
  const source = before.source[onlyPath(before.source)]!
  const why = problem(source, p)
  if (why !== undefined) return p.fail_on_missing ? { after: {}, refusals: [{ summary: source.type === 'absent' ? ignored(why) : why }] } : { after: {} }
  if (p.flat && p.dest.path.startsWith('/') && before.kept[target(p)]!.type === 'directory')
    return { after: {}, refusals: [{ summary: 'dest is an existing directory, use a trailing slash if you want to fetch src into that directory' }] }
  const at = target(p)
  const there = before.kept[at]!
  const content = (source as FileState & { type: 'file' }).content
  const kept: After<FileState> =
    there.type === 'file' ? { ...there, content } : { type: 'file', content, mode: KNOWN_AFTER_APPLY, owner: KNOWN_AFTER_APPLY, group: KNOWN_AFTER_APPLY }
  return { after: { kept: { [at]: kept } } }
}

export default state({
  summary: 'Brings a file of the host to the controller.',
  params,
  examples: [
    { name: 'Keep the configuration of each gateway', args: 'src: /etc/frr/frr.conf\ndest: fetched' },
    { name: 'The key, under a name of its own', args: 'src: /etc/ssh/ssh_host_ed25519_key.pub\ndest: keys/gateway.pub\nflat: true' },
  ],
  returns: {
    dest: 'The path on the controller.',
    checksum: 'The SHA-1 of what is there.',
    remote_checksum: 'The SHA-1 of the file on the host, where it was brought.',
    md5sum: 'The MD5 of what is there.',
    file: 'The path on the host.',
  },
  notes: ['A dry run says what a run would do.', 'The file on the controller is replaced in one rename, whatever validate_checksum says.'],

  probe,
  plan,
  apply: function* ({ params: p, before, after }) {
    const at = target(p)
    const kept = (after.kept as Record<string, FileState & { type: 'file' }>)[at]!
    const there = before.kept[at]!
    if (there.type !== 'file' || there.content.sha256 !== kept.content.sha256) yield put(at, kept.content, { mode: '0644', on: 'controller' })
  },
  result: ({ params: p, before, differs }) => {
    const source = before.source[onlyPath(before.source)]!
    const why = problem(source, p)
    if (why !== undefined) return { ...(source.type === 'absent' && { file: p.src }), msg: ignored(why) }
    const { content } = source as FileState & { type: 'file' }
    const sums = { dest: target(p), checksum: orUnknown(() => content.sha1), md5sum: orUnknown(() => content.md5) }
    if (!differs.some(isCertain)) return { ...sums, file: p.src }
    return { ...sums, remote_checksum: sums.checksum, remote_md5sum: null }
  },
})
