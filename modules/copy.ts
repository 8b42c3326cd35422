/** Puts a file of the controller, or a text, on the host; or copies a file on the host. */
import { ControllerSource, StepFailure, file, param, run, state, z } from '../runner/module.ts'
import type { After, AfterTree, Content, FileState, Planned, Probe, ProbeTree, StateOf, Step, StepReply } from '../runner/module.ts'
import { ATTRIBUTE_NOTES, attributeParams, attributeSteps, knownAttributes } from './shared/attributes.ts'
import { DESTINATION_RETURNS, applyDestination, backUp, destinationParams, destinationResult, planDestination, probeDestination } from './shared/destination.ts'
import type { DestinationParams, DestinationProbes } from './shared/destination.ts'
import { pythonJson } from './shared/json.ts'
import { modeParam } from './shared/mode.ts'
import { basename, dirname, folderSteps, followLinks, onlyPath } from './shared/target.ts'
import type { ByPath } from './shared/target.ts'

/** Text as it is; a list or a mapping as JSON. */
function contentText(value: unknown): string {
  const text = param.string().safeParse(value)
  return text.success ? text.data : pythonJson(value)
}

function onlyTrue(why: string): z.ZodType<boolean> {
  return param.bool().refine((value) => value, why)
}

interface Params extends DestinationParams {
  readonly src?: ControllerSource | string | undefined
  readonly content?: Content | undefined
  readonly checksum?: string | undefined
}

type Probes = DestinationProbes & {
  /** With `remote_src`: the file to copy. */
  readonly source?: Record<string, Probe<FileState>>
}
type State = StateOf<Probes>

function* probe(params: Params): Generator<ProbeTree, Probes, never> {
  const { src } = params
  const name = src === undefined ? undefined : basename(src instanceof ControllerSource ? src.name : src)
  const destination = yield* probeDestination(params, name)
  if (typeof src !== 'string') return destination
  const { path } = yield* followLinks(src)
  return { ...destination, source: { [path]: file(path) } }
}

function plan(before: State, params: Params): Planned<State> {
  const { src } = params
  if (src === undefined || src instanceof ControllerSource) return planContent(before, params, src?.content ?? params.content!, src?.mode)
  const path = onlyPath(before.source!)
  const source = before.source![path]!
  if (source.type === 'absent') return { after: {}, refusals: [{ summary: `Source ${src} not found`, hint: 'With remote_src, src is a path on the host.' }] }
  if (source.type !== 'file')
    return { after: {}, refusals: [{ summary: `${src} is not a regular file`, hint: 'Copying a folder is not supported yet; copy its files one by one.' }] }
  return planContent(before, params, source.content, source.mode)
}

function planContent(before: State, params: Params, content: Content, sourceMode: string | undefined): Planned<State> {
  if (params.checksum !== undefined && content.sha1 !== undefined && content.sha1 !== params.checksum) {
    return {
      after: {},
      refusals: [
        {
          summary: 'the source does not have the expected checksum',
          detail: `its SHA-1 is ${content.sha1}, expected was ${params.checksum}`,
          hint: 'Check src, or correct checksum.',
        },
      ],
    }
  }
  return planDestination(before, { ...params, mode: params.mode === 'preserve' ? sourceMode : params.mode }, content)
}

/** A copy on the host is made beside the destination and renamed, as a `put` is. */
function* copyOnHost(params: Params, before: State, after: AfterTree<State>, timestamp: string): Generator<Step, { backup_file?: string }, StepReply> {
  const path = onlyPath(before.file)
  const now = before.file[path]!
  const next = (after.file as ByPath<After<FileState>>)[path]!
  if (typeof next === 'symbol' || next.type !== 'file') return {}
  yield* folderSteps(before.folders ?? {}, after.folders ?? {})
  if (now.type === 'file' && now.content.sha256 === (next.content as Content).sha256) {
    yield* attributeSteps(path, now, next)
    return {}
  }
  const backup = params.backup && now.type === 'file' ? yield* backUp(path, now.content, timestamp) : undefined
  const temporary = `${dirname(path)}/.${basename(path)}.${timestamp}.playline`
  yield run(['install', '-m', '0600', onlyPath(before.source!), temporary])
  const { owner, group, mode } = knownAttributes(next)
  const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  if (account !== '') yield run(['chown', account, temporary])
  if (mode !== undefined) yield run(['chmod', mode, temporary])
  if (params.validate) {
    const [program, ...words] = params.validate.map((word) => word.replaceAll('%s', temporary))
    const reply = yield run([program!, ...words], { okExitCodes: 'any' })
    if (reply.exitCode !== 0) {
      yield run(['rm', '-f', temporary])
      throw new StepFailure('failed to validate', reply)
    }
  }
  yield run(['mv', '-f', temporary, path])
  return backup === undefined ? {} : { backup_file: backup }
}

export default state({
  summary: 'Puts a file of the controller, or a text, on the host; or copies a file on the host.',
  params: () =>
    z
      .object({
        src: param
          .fileSourceUnless('remote_src')
          .optional()
          .describe('The file: a path on the controller, absolute, or beside the playbook, or in a `files` folder; with remote_src, on the host.'),
        content: param.content(contentText).optional().describe('Instead of src: the text itself; a list or a mapping is written as JSON.'),
        remote_src: param.bool().default(false).describe('Whether src is a path on the host.'),
        ...destinationParams(),
        ...attributeParams(),
        mode: modeParam('preserve')
          .optional()
          .describe("The permissions: octal digits in quotes ('0644'), symbolic (u=rw,g=r,o=), or preserve for those of src."),
        directory_mode: modeParam().optional().describe('The permissions of the folders that are made where dest ends in /.'),
        checksum: z.string().toLowerCase().optional().describe('The SHA-1 that src has to have.'),
        decrypt: onlyTrue('only true is supported: a file that is a vault is always decrypted')
          .default(true)
          .describe('Whether a vault file is decrypted; always true.'),
        local_follow: onlyTrue('only true is supported: a link on the controller is always followed')
          .default(true)
          .describe('Whether links on the controller are followed; always true.'),
      })
      .strict()
      .superRefine((params, context) => {
        if (params.src === undefined && params.content === undefined)
          context.addIssue({ code: 'custom', message: 'src (or content) is required', path: ['src'] })
        if (params.src !== undefined && params.content !== undefined)
          context.addIssue({ code: 'custom', message: 'src and content are mutually exclusive; give one of them', path: ['content'] })
        if (params.content !== undefined && params.dest.endsWith('/'))
          context.addIssue({ code: 'custom', message: 'can not use content with a dir as dest; name the file', path: ['dest'] })
        if (params.remote_src !== (typeof params.src === 'string')) {
          if (params.remote_src) context.addIssue({ code: 'custom', message: 'remote_src wants a path on the host as src', path: ['src'] })
          else if (params.src !== undefined) context.addIssue({ code: 'custom', message: 'not found on the controller', path: ['src'] })
        }
        if (typeof params.src === 'string' && !/^\/.*[^/]$/.test(params.src)) {
          context.addIssue({
            code: 'custom',
            message: 'with remote_src, src has to be the absolute path of a file; copying a folder is not supported yet',
            path: ['src'],
          })
        }
      }),
  examples: [
    { name: 'Install the dynamic routing daemon’s configuration', args: 'src: bgpd.conf\ndest: /etc/frr/bgpd.conf\nowner: frr\ngroup: frr\nmode: "0640"' },
    { name: 'Write a text', args: 'dest: /etc/motd\ncontent: |\n  Managed by Playline.' },
    { name: 'Keep the old configuration at hand', args: 'remote_src: true\nsrc: /etc/frr/daemons\ndest: /etc/frr/daemons.orig\nforce: false' },
  ],
  returns: DESTINATION_RETURNS,
  notes: [
    ...ATTRIBUTE_NOTES,
    'Copying a folder is not supported yet.',
    'The backup of FILE is FILE.DIGEST.TIME~, with the beginning of its SHA-256 instead of the number of a process.',
    'A device, socket or pipe at dest is never replaced.',
  ],

  probe,
  plan,
  apply: function* ({ params, before, after, timestamp }) {
    return typeof params.src === 'string' ? yield* copyOnHost(params, before, after, timestamp) : yield* applyDestination({ params, before, after, timestamp })
  },
  result: (situation) => {
    const { params } = situation
    if (!params.force && situation.differs.length === 0)
      return { dest: destinationResult(situation)['dest'], ...(params.src && { src: typeof params.src === 'string' ? params.src : params.src.name }) }
    return destinationResult(situation)
  },
})
