/** Kernel parameters: in the running kernel, and in the file that is read at boot. */
import { Content, StepFailure, isKnown, nearest, param, query, run, state, sysctlValue, z } from '../runner/module.ts'
import type { After, FileState, Planned, Probe, ProbeTree, Promised, Refusal, StateOf } from '../runner/module.ts'
import { plannedFile, writerProbes } from './shared/attributes.ts'
import type { AccountProbes } from './shared/attributes.ts'
import { writeFile } from './shared/destination.ts'
import { dirname, folderProbes, followLinks, knownState, missingFolder, onlyPath } from './shared/target.ts'
import type { ByPath } from './shared/target.ts'
import { editable, splitLines, toBytes } from './shared/text-file.ts'

function nameParam(): z.ZodType<string> {
  return z.string().regex(/^[^\s=*?[\]#;-][^\s=*?[\]]*$/, 'the name of one kernel parameter, as net.ipv4.ip_forward')
}

/** A value as one text: words for true and false are 1 and 0, runs of white space are one space. */
function valueParam(): z.ZodType<string> {
  return z.preprocess(
    (value) => {
      const truth = typeof value === 'boolean' || typeof value === 'string' ? param.bool().safeParse(value) : undefined
      if (truth?.success === true) return truth.data ? '1' : '0'
      const text = param.string().safeParse(value)
      return text.success ? fold(text.data) : value
    },
    z.string().min(1, 'a value is needed'),
  )
}

function fold(value: string): string {
  return value.trim().replace(/\s+/g, ' ')
}

const params = () =>
  z
    .object({
      name: nameParam().optional().describe('The parameter, with dots or slashes.'),
      value: valueParam().optional().describe('Its value.'),
      settings: z.record(nameParam(), valueParam()).optional().describe('Instead of name and value: several parameters with their values.'),
      state: z
        .enum(['present', 'absent'])
        .default('present')
        .describe('Whether it is set, or not named in the file; absent leaves the running kernel as it is.'),
      sysctl_file: param.path().default('/etc/sysctl.conf').describe('The file that holds it for the next boot.'),
      reload: param.bool().default(true).describe('Whether the running kernel gets the value now.'),
      sysctl_set: param.bool().default(false).describe('Whether the running kernel gets the value now, even without reload.'),
      ignoreerrors: param.bool().default(false).describe('Whether a parameter that the kernel does not have is written to the file all the same.'),
    })
    .strict()
    .superRefine((p, context) => {
      const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
      if ((p.name === undefined) === (p.settings === undefined)) issue('name', 'either name or settings is needed, and not both')
      if (p.settings !== undefined && p.value !== undefined) issue('value', 'with settings, the values stand there')
      if (p.name !== undefined && p.state === 'present' && p.value === undefined) issue('value', 'with state: present a value is needed')
      const keys = Object.keys(p.settings ?? {}).map(canonical)
      const twice = keys.find((key, index) => keys.indexOf(key) !== index)
      if (twice !== undefined) issue('settings', `${twice} is there twice, in two spellings`)
    })
type Params = z.output<ReturnType<typeof params>>

interface Setting {
  /** As the task writes it. */
  readonly name: string
  readonly key: string
  readonly value: string
}

function settingsOf(p: Params): Setting[] {
  const pairs = p.settings === undefined ? [[p.name!, p.value ?? ''] as const] : Object.entries(p.settings)
  return pairs.map(([name, value]) => ({ name, key: canonical(name), value }))
}

/** A key with dots: where a slash comes first, slashes separate and a dot belongs to the name (`net/ipv4/conf/eth0.100`). */
function canonical(name: string): string {
  const isSlashed = /^[^./]*\//.test(name)
  return isSlashed ? name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/')) : name
}

type Probes = {
  readonly file: Record<string, Probe<FileState>>
  readonly folders?: Record<string, Probe<FileState>>
  readonly accounts?: AccountProbes
  /** Values of the running kernel, by key; null where it has no such key. */
  readonly live?: Record<string, Probe<string | null>>
  /** The names of all keys, to name a near one. */
  readonly names?: Probe<readonly string[]>
}
type State = StateOf<Probes>

function setsLive(p: Params): boolean {
  return p.state === 'present' && (p.reload || p.sysctl_set)
}

function* probe(p: Params): Generator<ProbeTree, Probes, never> {
  const live = setsLive(p) ? { live: Object.fromEntries(settingsOf(p).map(({ key }) => [key, sysctlValue(key)])) } : {}
  const likely = { file: { [p.sysctl_file]: editable(p.sysctl_file) }, ...live }
  const first: { file: ByPath<FileState>; live?: Readonly<Record<string, string | null>> } = yield likely
  let path = p.sysctl_file
  let now = knownState(first.file, path)
  if (now?.type === 'link') ({ path, state: now } = yield* followLinks(path))
  const isMissing = Object.keys(first.live ?? {}).some((key) => isKnown(first.live!, key) && first.live![key] === null)
  const isMade = now?.type === 'absent' && p.state === 'present'
  return {
    file: { [path]: editable(path) },
    ...(isMade && { folders: folderProbes([dirname(path)]), accounts: writerProbes() }),
    ...live,
    ...(isMissing && !p.ignoreerrors && { names: names() }),
  }
}

/** Names alone; some may only be read by root, which the exit code then tells. */
function names(): Probe<readonly string[]> {
  return query('query:sysctl-names', ['sysctl', '-aN'], (reply) => reply.stdout.split('\n').filter((line) => line !== ''), { okExitCodes: [0, 1, 255] })
}

function plan(before: State, p: Params): Planned<State> {
  const path = onlyPath(before.file)
  const now = before.file[path]!
  const settings = settingsOf(p)
  const missing = settings.filter(({ key }) => before.live !== undefined && isKnown(before.live, key) && before.live[key] === null)
  const wanted = p.ignoreerrors ? settings : settings.filter((each) => !missing.includes(each))
  const refusals = p.ignoreerrors ? [] : missing.map(({ key }) => noSuchKey(key, before.names ?? []))

  const after: { -readonly [K in keyof Promised<State>]: Promised<State>[K] } = {}
  if (before.live) {
    const live: Record<string, string | null> = {}
    for (const each of settings) live[each.key] = missing.includes(each) ? null : each.value
    after.live = live
  }
  const file = planFile(before, path, now, wanted, p)
  if ('summary' in file) refusals.push(file)
  else after.file = { [path]: file.state }
  return { after, ...(refusals.length > 0 && { refusals }) }
}

function noSuchKey(key: string, all: readonly string[]): Refusal {
  const near = nearest(key, all)
  return {
    summary: `no kernel parameter '${key}'`,
    hint:
      near !== undefined
        ? `Did you mean '${near}'?`
        : 'The kernel module that brings it may not be loaded. With ignoreerrors: true it is only written to the file.',
  }
}

function planFile(before: State, path: string, now: FileState, settings: readonly Setting[], p: Params): { state: After<FileState> } | Refusal {
  if (now.type === 'directory' || now.type === 'other' || now.type === 'link')
    return { summary: `${path} is not a regular file`, hint: 'Name a file with sysctl_file.' }
  const text = now.type === 'file' ? now.content.bytes?.toString('latin1') : ''
  if (text === undefined) return { summary: `${path} is too large to be edited` }
  const edited = settings.reduce((each, setting) => (p.state === 'present' ? withSetting(each, setting) : withoutKey(each, setting.key)), text)
  if (edited === text) return { state: now }
  const missing = missingFolder(before.folders ?? {})
  if (missing) return missing
  const writer = before.accounts?.writer
  return { state: plannedFile(now, { newOwner: writer?.user.name, newGroup: writer?.group.name }, Content.of(Buffer.from(edited, 'latin1'))) }
}

// --- the file ----------------------------------------------------------------------------------------------------------

/** What a line sets; undefined for comments and what is no setting. A `-` in front makes sysctl ignore a failure. */
function settingOn(line: string): { dash: string; key: string; value: string } | undefined {
  const found = /^\s*(-?)\s*([^\s=#;-][^=]*?)\s*=(.*)$/s.exec(line)
  return found ? { dash: found[1]!, key: canonical(found[2]!), value: fold(found[3]!) } : undefined
}

/** The last line that sets the key counts, so it is the one that is kept. */
function withSetting(text: string, { name, key, value }: Setting): string {
  const lines = splitLines(text)
  const at = lines.findLastIndex((line) => settingOn(line)?.key === toBytes(key))
  const setting = `${toBytes(name)}=${toBytes(value)}\n`
  if (at < 0) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${setting}`
  const there = settingOn(lines[at]!)!
  if (there.value === toBytes(value)) return text
  return lines
    .map((line, index) => (index === at ? there.dash + setting : line))
    .filter((line, index) => index >= at || settingOn(line)?.key !== toBytes(key))
    .join('')
}

function withoutKey(text: string, key: string): string {
  return splitLines(text)
    .filter((line) => settingOn(line)?.key !== toBytes(key))
    .join('')
}

export default state({
  summary: 'Sets kernel parameters, in the running kernel and in the file that is read at boot.',
  params,
  aliases: { name: ['key'], value: ['val'] },
  examples: [
    { name: 'Forward packets', args: 'name: net.ipv4.ip_forward\nvalue: 1' },
    {
      name: 'Let the tunnels forward and answer',
      args: 'sysctl_file: /etc/sysctl.d/90-oci-vpn.conf\nsettings:\n  net.ipv4.ip_forward: 1\n  net.ipv4.conf.all.accept_redirects: 0\n  net.ipv4.conf.all.send_redirects: 0\n  net.ipv4.conf.all.rp_filter: 0',
    },
    { name: 'Forget a parameter', args: 'name: vm.swappiness\nstate: absent' },
  ],
  notes: [
    '`settings`, for several parameters at once, is ours.',
    'With reload or sysctl_set the value of the running kernel is read and promised, even where the file is right already; only differing values are set, and not the rest of the file.',
    'A parameter that the kernel does not have is refused, and not written to the file; the others are set.',
    'Comments and all other lines of the file stay as they are; a key in another spelling (slashes, a - in front) is the same key.',
  ],

  probe,
  plan,
  apply: function* ({ params: p, before, after: promised, timestamp }) {
    const after: Promised<State> = promised
    const live = (after.live ?? {}) as Readonly<Record<string, string | null>>
    const differing = Object.entries(live).filter(([key, value]) => value !== null && value !== before.live![key])
    // The kernel first: a value that it does not take is not written down for the next boot.
    if (differing.length > 0) {
      const reply = yield run(['sysctl', '-q', ...(p.ignoreerrors ? ['-e'] : []), '-w', ...differing.map(([key, value]) => `${key}=${value!}`)], {
        okExitCodes: 'any',
      })
      // It sets the rest where one fails, and may exit 0 all the same.
      if (reply.exitCode !== 0 || /^sysctl: /m.test(reply.stderr)) throw new StepFailure('the kernel did not take every value', reply)
    }
    const path = onlyPath(before.file)
    const next = (after.file as ByPath<After<FileState>> | undefined)?.[path]
    if (next !== undefined) yield* writeFile(path, before.file[path]!, next, { backup: false, timestamp })
  },
})
