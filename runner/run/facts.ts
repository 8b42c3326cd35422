/**
 * The facts of one host: which it may be asked for since a play gathered them, and which are known by now. They are read when
 * they are first used, over the connection and as the user of the task that gathered.
 */
import type { QueryReply } from '../contract/resource.ts'
import { readOnlyFault } from '../probe/allowed.ts'
import type { Become, Port } from '../port/port.ts'
import { collectorsOf, FACT_NAMES, giverOf, readFacts, withNeeded, type Ask, type Collector, type Wish } from '../resolve/facts/index.ts'
import { mayBeFact } from '../resolve/facts/mentioned.ts'
import { Pending, settled } from '../resolve/pending.ts'
import { print } from '../value/print.ts'
import { compareText } from '../value/text.ts'
import { LazyDict } from '../value/lazy-dict.ts'
import { Dict, Unknown, type Raw, type Value } from '../value/value.ts'

/** What a task that gathers asks for: the parameters of `setup`. */
export interface FactRequest {
  readonly subset: readonly string[]
  /** Shell patterns of names; empty: all. */
  readonly filter: readonly string[]
  readonly factPath: string
  readonly timeoutMs: number
  /** Whether `ansible_facts` says that they were gathered, as `gather_facts` has it. */
  readonly marks: boolean
}

export const EVERY_FACT: FactRequest = { subset: ['all'], filter: [], factPath: '/etc/ansible/facts.d', timeoutMs: 10_000, marks: false }

/** The fact that says that facts were gathered. */
const MARK = '_ansible_facts_gathered'

/** How a host is asked. */
export interface FactConnection {
  readonly port: Port
  readonly become: Become | undefined
  /** The gathering task's own environment. */
  readonly environment: Readonly<Record<string, string>>
  /** `ansible_python_interpreter`. */
  readonly python: string | undefined
}

/** In a dry run: the task after which a collector's facts can no longer be told. */
export type Doubt = (collector: Collector) => string | undefined

interface Grant {
  readonly request: FactRequest
  readonly connect: () => FactConnection
  /** What templates of the run mention: it is read along with the first that is asked for. */
  readonly mentioned: ReadonlySet<Collector>
}

export class HostFacts {
  /** By the names of variables: `ansible_kernel`, and what modules gave under names of their own. */
  readonly #known = new Map<string, Value>()
  /** Collectors whose facts may be read, and how. */
  readonly #open = new Map<Collector, Grant>()
  readonly #unknown = new Map<Collector, string>()
  readonly #doubt: Doubt
  /** `ansible_facts`, as it is at any time. */
  readonly #all: Dict
  /** The level of facts among a host's variables. */
  readonly variables: ReadonlyMap<Value, Raw>
  #gathered = false
  /** While a connection is being found out: nothing can be read then. */
  #connecting = false

  /** `inject`: whether facts are variables of their own. */
  constructor(doubt: Doubt, inject = true) {
    this.#doubt = doubt
    this.#all = new AllFacts(
      () => this.#allNames(),
      (name) => this.#fact(name),
    )
    this.variables = new FactVariables(this.#all, inject ? (name) => this.#variable(name) : () => undefined, () => [
      ...this.#known.keys(),
      ...FACT_NAMES.filter((name) => this.#isOpen(giverOf(name))).map((name) => `ansible_${name}`),
    ])
  }

  /** What is known by now, by the names of variables. */
  get known(): ReadonlyMap<string, Value> {
    return new Map([...this.#known].filter(([, value]) => !(value instanceof Unknown)))
  }

  /** Whether facts were gathered since the run began, or since they were last forgotten. */
  get gathered(): boolean {
    return this.#gathered
  }

  /** From now on the host has the facts of a request; `connect` is called when one is first used. What was read before counts no more. */
  allow(request: FactRequest, connect: Grant['connect'], mentioned: ReadonlySet<Collector>): void {
    const grant: Grant = { request, connect, mentioned }
    this.#gathered = true
    for (const collector of collectorsOf(request.subset)) {
      this.#unknown.delete(collector)
      this.#open.set(collector, grant)
    }
    if (passes(request.filter, 'gather_subset')) this.#known.set('gather_subset', [...request.subset])
    if (passes(request.filter, 'module_setup')) this.#known.set('module_setup', true)
    if (request.marks) this.#known.set(MARK, true)
  }

  /** Reads what templates of the run mention; where that is nothing, as little as shows that the host answers. */
  async readMentioned(): Promise<void> {
    const mentioned = [...this.#open].filter(([collector, grant]) => grant.mentioned.has(collector)).map(([collector]) => collector)
    await this.#read(mentioned.length > 0 ? mentioned : [giverOf('system')])
  }

  /** Reads all facts of a request now, and answers them by the names of variables, in their order. */
  async gather(request: FactRequest, connection: FactConnection): Promise<Dict> {
    const collectors = collectorsOf(request.subset)
    const before = new Map(this.#known)
    this.#known.clear()
    try {
      this.allow(request, () => connection, new Set())
      await this.#read([...collectors])
      return new Dict([...this.#known].filter(([name]) => name !== MARK).sort(([a], [b]) => compareText(a, b)))
    } finally {
      for (const [name, value] of before) if (!this.#known.has(name)) this.#known.set(name, value)
    }
  }

  /** Keeps what a module, or a `set_fact` that may be cached, gave as facts. */
  merge(facts: ReadonlyMap<Value, Value>): void {
    for (const [name, value] of facts) this.#known.set(print(name), value)
  }

  /** Takes over what an earlier run has kept. */
  recall(facts: ReadonlyMap<string, Value>): void {
    for (const [name, value] of facts) this.#known.set(name, value)
    if (facts.has(MARK)) this.#gathered = true
  }

  /** `meta: clear_facts`. */
  clear(): void {
    this.#known.clear()
    this.#open.clear()
    this.#unknown.clear()
    this.#gathered = false
  }

  // --- looking up ------------------------------------------------------------------------------------------------------

  #variable(name: string): Value | undefined {
    if (!name.startsWith('ansible_')) return this.#known.get(name)
    return mayBeFact(name) ? this.#of(name, name.slice('ansible_'.length)) : undefined
  }

  /** A key of `ansible_facts`: the name without `ansible_`, but for local facts. */
  #fact(key: string): Value | undefined {
    if (key === 'ansible_local') return this.#of(key, 'local')
    if (key === 'local') return this.#known.get(key)
    return this.#of(`ansible_${key}`, key) ?? this.#known.get(key)
  }

  #of(variable: string, name: string): Value | undefined {
    const giver = giverOf(name)
    if (!this.#isOpen(giver) || this.#connecting || !passes(this.#open.get(giver)!.request.filter, variable)) {
      const because = this.#unknown.get(giver)
      return this.#known.get(variable) ?? (because === undefined ? undefined : new Unknown(because))
    }
    throw new Pending(() => this.#read([giver]))
  }

  #allNames(): string[] {
    if (this.#open.size > 0 && !this.#connecting) throw new Pending(() => this.#read([...this.#open.keys()]))
    const unknown = [...this.#unknown.keys()].flatMap((collector) => collector.gives.map((name) => `ansible_${name}`))
    return [...new Set([...this.#known.keys(), ...unknown])].map((name) => (name === 'ansible_local' ? name : name.replace(/^ansible_/, '')))
  }

  #isOpen(collector: Collector): boolean {
    return this.#open.has(collector)
  }

  // --- reading ---------------------------------------------------------------------------------------------------------

  /** Reads collectors that may be read, with all that templates mention, over each connection in one go. */
  async #read(collectors: readonly Collector[]): Promise<void> {
    const byGrant = new Map<Grant, Set<Collector>>()
    for (const collector of collectors) {
      const grant = this.#open.get(collector)
      if (!grant) continue
      const wanted = byGrant.get(grant) ?? new Set([...grant.mentioned].filter((each) => this.#open.get(each) === grant))
      byGrant.set(grant, wanted.add(collector))
    }
    for (const [grant, wanted] of byGrant) await this.#readOver(grant, [...wanted])
  }

  async #readOver(grant: Grant, wanted: readonly Collector[]): Promise<void> {
    try {
      await this.#readFrom(grant, wanted)
    } catch (error) {
      this.#withdraw(grant)
      throw error
    }
  }

  /** Of a host that does not answer there are no facts, whoever asks for them next: until they are gathered again. */
  #withdraw(grant: Grant): void {
    for (const [collector, granted] of this.#open) if (granted === grant) this.#open.delete(collector)
    for (const name of ['gather_subset', 'module_setup', MARK]) this.#known.delete(name)
    this.#gathered = false
  }

  async #readFrom(grant: Grant, wanted: readonly Collector[]): Promise<void> {
    const { port, become, environment, python } = await settled(() => this.#connection(grant))
    const wish: Wish = {
      factPath: grant.request.factPath,
      timeoutMs: grant.request.timeoutMs,
      nowSeconds: Math.floor(Date.now() / 1000),
      environment,
      python,
    }
    const doubts = new Map(wanted.map((collector) => [collector, this.#doubt(collector)] as const))
    const readable = wanted.filter((collector) => doubts.get(collector) === undefined)
    const facts = await readFacts(withNeeded(readable), wish, asking(port, become))
    for (const collector of wanted) {
      // Gathered anew meanwhile, or forgotten: what was read is not what is asked for.
      if (this.#open.get(collector) !== grant) continue
      this.#open.delete(collector)
      const doubt = doubts.get(collector)
      if (doubt !== undefined) this.#unknown.set(collector, doubt)
      for (const [name, value] of facts.get(collector) ?? []) this.#set(name, value, grant.request)
    }
  }

  #connection(grant: Grant): FactConnection {
    this.#connecting = true
    try {
      return grant.connect()
    } finally {
      this.#connecting = false
    }
  }

  #set(name: string, value: Value, { filter }: FactRequest): void {
    if (passes(filter, `ansible_${name}`)) this.#known.set(`ansible_${name}`, value)
  }
}

/** `ansible_facts`: what it holds changes as facts are read. */
class AllFacts extends LazyDict {
  /** Asks for the one fact alone. */
  override has(key: Value): boolean {
    return this.get(key) !== undefined
  }

  /** Facts are data that nothing else holds. */
  override copied(): this {
    return this
  }
}

/** A value that stays as it is, whatever is gathered later. */
export function asOfNow(value: Value): Value {
  return value instanceof AllFacts ? new Dict(value) : value
}

/** Facts among the variables of a host: reading one may have to wait for the host. */
class FactVariables extends Map<Value, Raw> {
  readonly #all: Dict
  readonly #get: (name: string) => Value | undefined
  readonly #names: () => Iterable<string>

  constructor(all: Dict, get: (name: string) => Value | undefined, names: () => Iterable<string>) {
    super()
    this.#all = all
    this.#get = get
    this.#names = names
  }

  override get(name: Value): Raw | undefined {
    // Mappings of facts are data: there are no templates in them.
    if (name === 'ansible_facts') return this.#all
    return typeof name === 'string' ? this.#get(name) : undefined
  }

  override keys(): MapIterator<Value> {
    return new Set<Value>(['ansible_facts', ...this.#names()]).values()
  }
}

function asking(port: Port, become: Become | undefined): Ask {
  return async (queries) => {
    for (const query of queries) {
      const fault = readOnlyFault(query)
      if (fault) throw new Error(fault.summary)
    }
    const outcomes = await port.read(queries, { become })
    return outcomes.map((outcome) => ('reply' in outcome ? (outcome.reply as QueryReply) : undefined))
  }
}

/** Whether a name is one that `filter` asks for; `ansible_` may be left out in its patterns. */
function passes(filter: readonly string[], variable: string): boolean {
  if (filter.length === 0) return true
  return filter.some((pattern) => {
    if (pattern === '' || pattern === '*' || shellPattern(pattern).test(variable)) return true
    return !/^(?:ansible_|facter|ohai)/.test(pattern) && shellPattern(`ansible_${pattern}`).test(variable)
  })
}

/** `*`, `?`, `[a-z]` and `[!a-z]`, as Python's fnmatch has them. */
function shellPattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (part: string, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replaceAll('\\', '\\\\').replace(/^\^/, '\\^').replace(/^\]/, '\\]')}]`
    return part === '*' ? '.*' : part === '?' ? '.' : part.replace(/[\\^$.|?*+()[\]{}]/, String.raw`\$&`)
  })
  return new RegExp(`^(?:${source})$`, 's')
}
