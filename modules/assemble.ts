/** A file made of the files in a folder. */
import { Content, ControllerSource, RegexError, compilePython, file, isKnown, param, query, state, z } from '../runner/module.ts'
import type { FileState, Planned, Probe, ProbeTree, StateOf } from '../runner/module.ts'
import { ATTRIBUTE_NOTES, attributeParams } from './shared/attributes.ts'
import {
  DESTINATION_RETURNS,
  applyDestination,
  destinationDiff,
  destinationParams,
  invalidEdit,
  moduleResult,
  planDestination,
  probeDestination,
} from './shared/destination.ts'
import type { DestinationProbes } from './shared/destination.ts'
import { join, knownState, withoutEndingSlash } from './shared/target.ts'

function ownDestinationParams() {
  const { dest, backup, validate } = destinationParams()
  return { dest, backup, validate }
}

const params = () =>
  z
    .object({
      src: param.sourceUnless('folder', 'remote_src', true).describe('The folder: a path on the host, or with remote_src: false on the controller.'),
      remote_src: param.bool().default(true).describe('Whether src is a path on the host.'),
      ...ownDestinationParams(),
      ...attributeParams(),
      delimiter: param.string().optional().describe('A text between the files, on a line of its own; it may hold \\n and the like.'),
      regexp: param
        .string()
        .optional()
        .superRefine((pattern, context) => {
          try {
            if (pattern !== undefined) compilePython(pattern)
          } catch (error) {
            if (!(error instanceof RegexError)) throw error
            context.addIssue({ code: 'custom', message: error.message })
          }
        })
        .describe('Only the files in whose names this Python regular expression finds something.'),
      ignore_hidden: param.bool().default(false).describe('Leave out files whose names begin with a dot.'),
      decrypt: param.bool().default(true).describe('Whether vault files on the controller are decrypted.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

/** What is there is always replaced, a link too. */
function asDestination(p: Params): Params & { force: true; follow: false } {
  return Object.create(p, { force: { value: true }, follow: { value: false } }) as Params & { force: true; follow: false }
}

type Probes = DestinationProbes & {
  /** What is at src. */
  readonly folder?: Record<string, Probe<FileState>>
  /** Names of the regular files in it, those that links lead to included. */
  readonly names?: Probe<readonly string[]>
  readonly fragments?: Record<string, Probe<FileState>>
}
type State = StateOf<Probes>

function isWanted(p: Params, name: string): boolean {
  return !(p.ignore_hidden && name.startsWith('.')) && (p.regexp === undefined || compilePython(p.regexp).search(name) !== null)
}

function* probe(p: Params): Generator<ProbeTree, Probes, never> {
  const destination = yield* probeDestination(asDestination(p), undefined)
  if (p.src instanceof ControllerSource) return destination
  const src = withoutEndingSlash(p.src)
  const folder = { [src]: file(src, 'none') }
  const names = query<readonly string[]>(
    `query:files:${src}`,
    ['find', '-L', src, '-mindepth', '1', '-maxdepth', '1', '-type', 'f', '-printf', '%f\\0'],
    (reply) => reply.stdout.split('\0').filter((name) => name !== ''),
    { label: src, okExitCodes: [0, 1], tellsOf: [`file:${src}/*`] },
  )
  const first: { names: readonly string[] } = yield { ...destination, folder, names }
  if (!isKnown(first, 'names')) return { ...destination, folder, names }
  const fragments: Record<string, Probe<FileState>> = {}
  for (const name of first.names) {
    if (!isWanted(p, name)) continue
    let path = join(src, name)
    const there: { fragment: Record<string, FileState> } = yield { fragment: { [path]: file(path) } }
    const state = knownState(there.fragment, path)
    if (state?.type === 'link') path = state.target.startsWith('/') ? state.target : join(src, state.target)
    fragments[name] = file(path)
  }
  return { ...destination, folder, names, fragments }
}

function plan(before: State, p: Params): Planned<State> {
  const fragments = fragmentsOf(before, p)
  if (!Array.isArray(fragments)) return { after: {}, refusals: [fragments] }
  return planDestination(before, asDestination(p), assembled(fragments, p))
}

function fragmentsOf(before: State, p: Params): Buffer[] | { summary: string } {
  if (p.src instanceof ControllerSource) {
    const files = (p.src.entries ?? []).filter((entry) => entry.type === 'file' && !entry.path.includes('/') && isWanted(p, entry.path))
    return files.map((entry) => entry.content!.bytes ?? Buffer.alloc(0))
  }
  const [there] = Object.values(before.folder!)
  if (there!.type === 'absent') return { summary: `Source (${p.src}) does not exist` }
  if (there!.type !== 'directory' && there!.type !== 'link') return { summary: `Source (${p.src}) is not a directory` }
  const buffers: Buffer[] = []
  for (const name of [...before.names!].sort(byBytes)) {
    const fragment = before.fragments![name]
    if (fragment === undefined) continue
    if (fragment.type !== 'file' || fragment.content.bytes === undefined) return { summary: `${join(p.src, name)} cannot be read, or is too large` }
    buffers.push(fragment.content.bytes)
  }
  return buffers
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Between two files there is always the end of a line, and then the delimiter on a line of its own. */
function assembled(fragments: readonly Buffer[], p: Params): Content {
  const parts: Buffer[] = []
  let endsLine = true
  for (const [index, fragment] of fragments.entries()) {
    if (!endsLine) parts.push(NEWLINE)
    if (index > 0 && p.delimiter !== undefined && p.delimiter !== '') {
      const delimiter = Buffer.from(unescaped(p.delimiter))
      parts.push(delimiter)
      // Of what is put together on the controller Ansible does so whether the delimiter ends with a newline itself or not.
      if (p.src instanceof ControllerSource || delimiter.at(-1) !== NEWLINE[0]) parts.push(NEWLINE)
    }
    parts.push(fragment)
    endsLine = fragment.at(-1) === NEWLINE[0]
  }
  return Content.of(Buffer.concat(parts))
}

const NEWLINE = Buffer.from('\n')
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', "'": "'", '"': '"', '\n': '' }

/** What Python's escapes in a literal of bytes stand for. */
function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[\s\S])/g, (whole, escape: string) => {
    if (escape.length === 3 && escape.startsWith('x')) return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    if (/^[0-7]+$/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8))
    return ESCAPES[escape] ?? whole
  })
}

export default state({
  summary: 'Makes a file of the files in a folder, in the order of their names.',
  params,
  examples: [
    { name: 'Put the connections together', args: 'src: /etc/ipsec.d/parts\ndest: /etc/ipsec.d/all.conf' },
    { name: 'Only some, with a line between', args: "src: /etc/frr/parts\ndest: /etc/frr/frr.conf\nregexp: '\\.conf$'\ndelimiter: '!'\nmode: '0640'" },
  ],
  returns: { ...DESTINATION_RETURNS, msg: "Always 'OK', where src is on the host.", src: 'The folder.' },
  notes: [
    ...ATTRIBUTE_NOTES,
    'A dry run says what a run would do.',
    'The backup of FILE is FILE.NUMBER.TIME~, with a number that is made of its SHA-256 instead of that of a process.',
  ],

  probe,
  plan,
  apply: (situation) => applyDestination({ ...situation, params: asDestination(situation.params), whenInvalid: invalidEdit }),
  result: (situation) => {
    const result = moduleResult(situation)
    const { src } = situation.params
    return typeof src === 'string' ? { ...result, src, msg: 'OK' } : result
  },
  diff: (situation) => {
    const form = destinationDiff({ ...situation, params: asDestination(situation.params) }, undefined)
    return form && typeof situation.params.src !== 'string' ? { ...form, form: 'whole' } : undefined
  },
})
