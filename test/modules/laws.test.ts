/**
 * The laws of all modules: examples parse, schemas are strict and documented, queries only read, plans are pure and come to
 * rest, and a plan that did not look at an unknown state does not depend on it.
 */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { Content, KNOWN_AFTER_APPLY, UnknownStateError, z } from '../../runner/module.ts'
import type { Module, ProbeTree, QueryRead, StateModule } from '../../runner/module.ts'
import { compare } from '../../runner/diff/compare.ts'
import { readOnlyFault } from '../../runner/probe/allowed.ts'
import { leavesOf, stateAt, type Leaf } from '../../runner/probe/state.ts'
import { UnknownIn, folder, kept, link, parametersOf, planOf, readTree, textFile, type HostStates } from '../support/module.ts'

const here = fileURLToPath(import.meta.url)
const EXTENSION = path.extname(here)
const FOLDER = path.resolve(path.dirname(here), '../../modules')

/** What laws need of a test. */
type Asserts = Pick<typeof t, 'equal' | 'same' | 'comment'>

// --- worlds: what a host might answer ----------------------------------------------------------------------------------

interface World {
  readonly name: string
  readonly file: (path: string) => unknown
  /** Replies in the order in which they are tried, until one makes sense to the probe. */
  readonly replies: (read: QueryRead) => readonly { exitCode: number; stdout: string }[]
  /** What the cloud has that a probe with this name asks for. */
  readonly cloud: (resource: string) => unknown
}

const SYSTEM_FOLDERS = /^\/(?:etc|usr|var|srv|root|opt|home|tmp|run|boot)(?:\/[^/.]+)?$/
const LAST_CODE = (read: QueryRead) => read.okExitCodes?.at(-1) ?? 0

const WORLDS: readonly World[] = [
  {
    name: 'a host that has nothing',
    file: (at) => (SYSTEM_FOLDERS.test(at) ? folder() : { type: 'absent' }),
    replies: (read) => [
      { exitCode: LAST_CODE(read), stdout: '' },
      { exitCode: 0, stdout: '' },
    ],
    cloud: () => [],
  },
  {
    name: 'a host that has it all, otherwise',
    file: (at) => (SYSTEM_FOLDERS.test(at) ? folder() : textFile('# something else\nkey=0\n', { mode: '0604', owner: 'nobody', group: 'nogroup' })),
    replies: (read) => [
      { exitCode: 0, stdout: known(read) },
      { exitCode: 0, stdout: '' },
      { exitCode: LAST_CODE(read), stdout: '' },
    ],
    cloud: (resource) => [{ ...cloudResource(resource), freeformTags: { other: 'tag' } }],
  },
  {
    name: 'a host with links',
    file: (at) => (SYSTEM_FOLDERS.test(at) ? folder() : at.endsWith('.real') ? textFile('x\n') : link(`${at}.real`)),
    replies: (read) => [
      { exitCode: 0, stdout: known(read) },
      { exitCode: LAST_CODE(read), stdout: '' },
    ],
    cloud: (resource) => [cloudResource(resource)],
  },
]

/** One that has the name, or the OCID, that a probe ends with. */
const cloudResource = (resource: string) => {
  const key = resource.slice(resource.lastIndexOf('/') + 1)
  return { id: key.startsWith('ocid1.') ? key : `ocid1.x.oc1..${key}`, displayName: key, lifecycleState: 'AVAILABLE', drgId: 'ocid1.drg.oc1..DRG-SEOUL-1' }
}

/** What common programs answer. */
function known({ argv }: QueryRead): string {
  if (argv[0] === 'sysctl' && argv[1] === '-n') return '0\n'
  if (argv[0] === 'id') return 'uid=0(root) gid=0(root) groups=0(root)\n'
  if (argv[0] === 'systemctl' && argv[1] === 'show') {
    return 'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nNeedDaemonReload=no\nMainPID=1\nNRestarts=0\n'
  }
  return ''
}

/** A world as states; a query whose probe understands no reply throws. */
function statesOf(world: World): (leaf: Leaf) => unknown {
  return ({ probe }) => {
    if (probe.read.kind === 'file') return world.file(probe.read.path)
    if (probe.read.kind === 'cloud') return probe.parse({ status: 200, code: undefined, etag: 'v1', body: world.cloud(probe.resource) } as never) ?? null
    let problem: unknown
    for (const reply of world.replies(probe.read)) {
      try {
        return probe.parse({ stderr: '', ...reply } as never) ?? null
      } catch (error) {
        problem = error
      }
    }
    throw problem
  }
}

/** States by resource before those of a world. */
function withStates(states: ReadonlyMap<string, unknown>, world: World): HostStates {
  const rest = statesOf(world)
  return (leaf) => (states.has(leaf.probe.resource) ? states.get(leaf.probe.resource) : rest(leaf))
}

/** Planned states by resource; probes that the plan leaves out are not in it. */
function byResource(leaves: readonly Leaf[], promised: unknown): Map<string, unknown> {
  return new Map(leaves.map((leaf): [string, unknown] => [leaf.probe.resource, stateAt(promised, leaf.path)]).filter(([, state]) => state !== undefined))
}

function holdsUnknown(value: unknown): boolean {
  if (value === KNOWN_AFTER_APPLY) return true
  return typeof value === 'object' && value !== null && !(value instanceof Content) && Object.values(value).some(holdsUnknown)
}

/** What of `promised` is known has to be in `actual`. */
function contradictions(promised: unknown, actual: unknown): unknown[] {
  return compare({ state: actual }, { state: promised }).filter(({ after }) => after !== KNOWN_AFTER_APPLY && after !== undefined)
}

// --- the laws ----------------------------------------------------------------------------------------------------------

const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith(EXTENSION) && !name.endsWith('.d.ts'))
  .map((name) => name.slice(0, -EXTENSION.length))

for (const name of names) {
  t.test(name, async (t) => {
    const { default: module } = (await import(`../../modules/${name}${EXTENSION}`)) as { default: Module }
    const schema = module.params()

    t.test('imports the contract and nothing else', async (t) => {
      const imported = [...readFileSync(path.join(FOLDER, name + EXTENSION), 'utf8').matchAll(/^(?:import|export)\b[^'"]*from ['"]([^'"]+)['"]/gm)].map(
        (found) => found[1]!,
      )
      t.same(
        imported.filter((from) => !/^\.\.\/runner\/module\.[jt]s$|^\.\/shared\/[\w/-]+\.[jt]s$/.test(from)),
        [],
      )
    })

    t.test('is documented', async (t) => {
      t.match(module.summary, /^[A-Z].*\.$/s, 'the summary is a sentence')
      t.ok(module.examples.length > 0, 'there is an example')
      const exported = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as { properties?: Record<string, { description?: string }> }
      for (const [parameter, { description }] of Object.entries(exported.properties ?? {})) t.ok(description, `${parameter} is described`)
      for (const parameter of Object.keys(module.aliases ?? {})) t.ok(exported.properties?.[parameter], `${parameter} has aliases and exists`)
    })

    for (const example of module.examples) {
      t.test(example.name, async (t) => {
        const params = parametersOf(module, example.args)
        const written: unknown = parse(example.args)
        if (typeof written === 'object' && written !== null) {
          const strict = schema.safeParse({ ...written, no_such_parameter: 1 })
          t.ok(!strict.success && strict.error.issues.some((issue) => issue.code === 'unrecognized_keys'), 'an unknown parameter is refused')
        }
        for (const world of WORLDS) await t.test(`on ${world.name}`, async (t) => lawsOn(t, module, params, world))
      })
    }
  })
}

function lawsOn(t: Asserts, module: Module, params: unknown, world: World): void {
  const source = () => (module.probe as ((params: unknown) => ProbeTree | Generator<ProbeTree, ProbeTree, never>) | undefined)?.(params) ?? {}
  let read: ReturnType<typeof readTree>
  const seen = new Map<string, QueryRead>()
  const states = statesOf(world)
  const remember: HostStates = (leaf) => {
    if (leaf.probe.read.kind === 'query') seen.set(leaf.probe.resource, leaf.probe.read)
    return states(leaf)
  }
  try {
    read = readTree(source(), remember)
  } catch (error) {
    t.comment(`no reply makes sense to a probe: ${(error as Error).message}`)
    return
  } finally {
    for (const query of seen.values()) t.equal(readOnlyFault(query)?.summary, undefined, `${query.argv.join(' ')} only reads`)
  }
  if (module.kind === 'state') stateLaws(t, module, params, world, read, source)
}

function stateLaws(
  t: Asserts,
  module: StateModule,
  params: unknown,
  world: World,
  read: ReturnType<typeof readTree>,
  source: () => ProbeTree | Generator<ProbeTree, ProbeTree, never>,
): void {
  const before = read.object
  const { after: promised, refusals = [] } = planOf(module, params, before)
  const after = kept(before, promised)
  const again = planOf(module, params, after)
  t.same(
    compare(after, kept(after, again.after)).filter((difference) => difference.after !== KNOWN_AFTER_APPLY),
    [],
    'a plan of a planned state is that state',
  )

  const planned = byResource(read.leaves, promised)
  if (![...planned.values()].some(holdsUnknown)) {
    const second = readTree(source(), withStates(planned, world))
    t.same(compare(second.object, planOf(module, params, second.object).after), [], 'what was planned, read again, needs no change')
    if (refusals.length === 0) {
      const rest = second.object as never
      const steps = module.apply({ params: params, before: rest, after: rest, differs: [], events: [], timestamp: 'now' })
      t.equal(steps.next().done, true, 'an equal before and after with no event yields no step')
    }
  }

  for (const leaf of leavesOf(treeOf(read.leaves))) unknownLaw(t, module, params, world, leaf, source, refusals.length > 0)
  for (const name of Object.keys(params as object)) unknownParameterLaw(t, module, params as object, name, world, byResource(read.leaves, promised))
}

/** The leaves of a tree as a tree, so that each can be taken by itself. */
function treeOf(leaves: readonly Leaf[]): ProbeTree {
  return Object.fromEntries(leaves.map(({ probe }) => [probe.resource, probe]))
}

/** A plan that was made without a state has to come out the same whatever that state is. */
function unknownLaw(
  t: Asserts,
  module: StateModule,
  params: unknown,
  world: World,
  leaf: Leaf,
  source: () => ProbeTree | Generator<ProbeTree, ProbeTree, never>,
  refuses: boolean,
): void {
  const { resource } = leaf.probe
  let promised: Map<string, unknown>
  try {
    const blind = readTree(source(), withStates(new Map([[resource, new UnknownIn()]]), world))
    promised = byResource(blind.leaves, planOf(module, params, blind.object).after)
  } catch (error) {
    if (error instanceof UnknownStateError) return
    throw error
  }
  for (const other of WORLDS) {
    let seeing: Map<string, unknown>
    try {
      const state = statesOf(other)(leaf)
      const sighted = readTree(source(), withStates(new Map([[resource, state]]), world))
      const { after, refusals = [] } = planOf(module, params, sighted.object)
      if (refusals.length > 0 || refuses) continue
      seeing = byResource(sighted.leaves, after)
    } catch {
      continue
    }
    for (const [name, state] of promised) {
      if (seeing.has(name)) t.same(contradictions(state, seeing.get(name)), [], `without knowing ${resource}, ${name} is planned as on ${other.name}`)
    }
  }
}

/** What is read and planned without looking at a parameter is what is read and planned with it. */
function unknownParameterLaw(t: Asserts, module: StateModule, params: object, name: string, world: World, planned: ReadonlyMap<string, unknown>): void {
  const get = (): never => {
    throw new UnknownStateError('TASK [ask] has not run')
  }
  const blind: unknown = Object.defineProperty({ ...params }, name, { get, enumerable: true })
  try {
    const { leaves, object } = readTree(module.probe(blind), statesOf(world))
    const promised = byResource(leaves, planOf(module, blind, object).after)
    t.same([...promised.keys()], [...planned.keys()], `without knowing ${name}, the same is planned for`)
    for (const [resource, state] of promised) t.same(contradictions(state, planned.get(resource)), [], `without knowing ${name}, ${resource} is planned alike`)
  } catch (error) {
    if (!(error instanceof UnknownStateError)) throw error
  }
}
