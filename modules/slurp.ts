/** The content of a file of the host, in Base64. */
import { file, param, read, z } from '../runner/module.ts'
import type { FileState, Probe, ProbeTree } from '../runner/module.ts'
import { followLinks } from './shared/target.ts'

/** A larger file has no place in a variable. */
const MAX_BYTES = 16 * 1024 * 1024

type Probes = { readonly file: Record<string, Probe<FileState>> }

function* probe(p: { src: string }): Generator<ProbeTree, Probes, never> {
  const { path } = yield* followLinks(p.src, 'none')
  return { file: { [path]: { ...file(path), read: { kind: 'file', path, content: 'bytes', maxBytes: MAX_BYTES } } } }
}

function stateOf(state: { readonly file: Readonly<Record<string, FileState>> }): FileState {
  return Object.values(state.file)[0]!
}

export default read({
  summary: 'Reads a file of the host.',
  params: () => z.object({ src: param.path().describe('The file.') }).strict(),
  aliases: { src: ['path'] },
  examples: [{ name: 'Read the routes that the daemon has', args: 'src: /proc/net/route' }],
  returns: { content: 'The content, in Base64.', encoding: "Always 'base64'.", source: 'The path of the file.' },

  probe,
  missing: (state, p) => {
    const there = stateOf(state)
    if (there.type === 'absent') return [`file not found: ${p.src}`]
    if (there.type === 'directory') return [`source is a directory and must be a file: ${p.src}`]
    if (there.type !== 'file') return [`source is not a regular file: ${p.src}`]
    return there.content.bytes === undefined ? [`the file is larger than ${MAX_BYTES / 1024 / 1024} MiB: ${p.src}`] : []
  },
  result: ({ state, params: p, missing }) => {
    if (missing.length > 0) return {}
    const there = stateOf(state)
    return { content: there.type === 'file' ? (there.content.bytes?.toString('base64') ?? '') : '', source: p.src, encoding: 'base64' }
  },
})
