/** A run as one value: what was loaded, what was asked, and what is known of the hosts so far. */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { CONTROLLER_PYTHON, isLocalhost, type Inventory } from '../load/inventory/inventory.ts'
import type { Play } from '../load/playbook.ts'
import type { ModuleRegistry } from '../load/modules.ts'
import type { Reader } from '../load/reader.ts'
import { accumulated, type CompiledBlock, type CompiledPlay, type CompiledTask, type RoleUse } from '../plan/compiled.ts'
import { TaskCounter } from '../plan/compile.ts'
import type { CloudPort } from '../port/cloud.ts'
import type { ConnectionSettings, Port } from '../port/port.ts'
import { CloudPredictions } from '../probe/overlay.ts'
import type { RunEvent } from '../report/event.ts'
import type { Collector } from '../resolve/facts/index.ts'
import { mayBeFact } from '../resolve/facts/mentioned.ts'
import { foldersOf } from '../resolve/controller.ts'
import { variablesFor } from '../resolve/host-variables.ts'
import { Jinja } from '../resolve/jinja/index.ts'
import { Pending, settled } from '../resolve/pending.ts'
import { loopItems } from '../resolve/lookup/index.ts'
import { lookupContext, templateHooks, type Evaluating, type TemplateWorld } from '../resolve/template-hooks.ts'
import type { Secrets } from '../resolve/secrets.ts'
import { DeferredVariables, isWritten, readVarsFiles } from '../resolve/vars-files.ts'
import { VariableFiles } from '../resolve/variable-files.ts'
import { Evaluator, type Variables } from '../resolve/variables.ts'
import { equal } from '../value/equal.ts'
import { LazyDict } from '../value/lazy-dict.ts'
import { Dict, RawDict, Template, type Raw, type TextType, type Value } from '../value/value.ts'
import { becomeFor, connectionKeywords, connectionSettings, connectionVariable, PASSWORD_VARIABLES, type ConnectionKeywords } from './connection.ts'
import { doubtOf, mentionedFacts } from './fact-sources.ts'
import { FactCache } from './fact-cache.ts'
import type { FactConnection, FactRequest } from './facts.ts'
import { HostState } from './host.ts'
import { Jobs } from './jobs.ts'
import { Machine } from './machine.ts'
import type { RunOptions } from './options.ts'
import { Stepper } from './step.ts'

/** The version of Ansible whose behaviour Playline has: playbooks ask for it. */
const VERSION = Dict.of({ full: '2.14.18', major: 2, minor: 14, revision: 18, string: '2.14.18' })

/** A play while it runs. */
export interface ActivePlay {
  readonly compiled: CompiledPlay
  readonly name: string
  /** What was answered to `vars_prompt`. */
  readonly prompted: RawDict
  /** All hosts of the play, and those of the batch that is running. */
  readonly hosts: readonly string[]
  readonly batch: readonly string[]
  /** Hosts of the play that failed, are unreachable or were ended. */
  readonly gone: ReadonlySet<string>
  /** Hosts that the play has added: `ansible_play_hosts` names them as well. */
  readonly added: Set<string>
  /** What was included so far, by task, what it names and the variables around it. */
  readonly inclusions: Map<string, CompiledBlock>
}

/** A play before any of it has run. */
export function playAtRest(compiled: CompiledPlay, name: string, hosts: readonly string[], prompted: RawDict): ActivePlay {
  return { compiled, name, prompted, hosts, batch: hosts, gone: new Set(), added: new Set(), inclusions: new Map() }
}

export interface SessionParts {
  readonly options: RunOptions
  readonly reader: Reader
  readonly inventory: Inventory
  /** Reads the inventory's sources again. */
  readonly readInventory: () => Inventory
  readonly modules: ModuleRegistry
  readonly secrets: Secrets
  readonly emit: (event: RunEvent) => void
  readonly openPort: (settings: ConnectionSettings) => Port
  readonly cloud: CloudPort
}

export class Session {
  readonly options: RunOptions
  readonly reader: Reader
  inventory: Inventory
  readonly modules: ModuleRegistry
  readonly secrets: Secrets
  readonly emit: (event: RunEvent) => void
  readonly cloud: CloudPort
  readonly hosts = new Map<string, HostState>()
  /** Files that hold or held a secret, as resources. */
  readonly secretFiles = new Set<string>()
  readonly jinja: Jinja
  /** Numbers tasks, and the times that they are run. */
  readonly counter = new TaskCounter()
  /** Stands for a parameter that is to be left out. */
  readonly omit = `__omit_place_holder__${randomUUID()}`
  /** While a run is checked before it begins: what its tasks will have set by then, each unknown. */
  foreseen: ReadonlyMap<Value, Raw> = new Map()
  readonly stepper: Stepper
  /** What runs on beside the play. */
  readonly jobs = new Jobs()
  readonly #machines = new Map<string, Machine>()
  /** What `set_stats` gave, for the run as a whole and by host. */
  readonly customStats = new Dict()
  readonly customStatsByHost = new Map<string, Dict>()
  /** In a dry run: the first task that would have changed something on any host. */
  firstPredictedChange: string | undefined
  readonly #predictions = new CloudPredictions()
  readonly #factCache: FactCache | undefined
  readonly #openPort: (settings: ConnectionSettings) => Port
  #mentioned: ReadonlySet<Collector> = new Set()
  readonly #readInventory: () => Inventory
  /** What the run has added to the inventory, to be added again when that is read again. */
  readonly #additions: ((inventory: Inventory) => void)[] = []
  readonly #files: VariableFiles
  /** What `ansible_search_path` is, by task: every scope of the task has it. */
  readonly #searchPaths = new WeakMap<CompiledTask, string[]>()
  readonly #writtenVarsFiles = new Map<Play, RawDict>()
  /** Who is evaluating: evaluation is synchronous, so there is one at a time. */
  #evaluating: Evaluating | undefined
  readonly #templates: TemplateWorld

  constructor(parts: SessionParts) {
    this.options = parts.options
    this.reader = parts.reader
    this.inventory = parts.inventory
    this.#readInventory = parts.readInventory
    this.modules = parts.modules
    this.secrets = parts.secrets
    this.emit = parts.emit
    this.cloud = parts.cloud
    this.stepper = new Stepper(parts.options.step)
    const { factCache } = parts.options
    this.#factCache = factCache && new FactCache(factCache, (diagnostic) => this.warn(diagnostic))
    this.#openPort = parts.openPort
    this.#files = new VariableFiles(parts.reader)
    this.#templates = {
      reader: this.reader,
      inventory: () => this.inventory,
      jinja: () => this.jinja,
      current: () => this.#evaluating,
      filterUsed: (inputs, output) => {
        this.secrets.derive(inputs, output)
      },
      warn: (diagnostic) => {
        this.warn(diagnostic)
      },
      settings: this.options.settings,
      managed: this.options.ansibleManaged,
    }
    this.jinja = new Jinja(templateHooks(this.#templates), {
      native: this.options.nativeTypes,
      doStatement: this.options.jinjaExtensions.includes('jinja2.ext.do'),
      loopControls: this.options.jinjaExtensions.includes('jinja2.ext.loopcontrols'),
    })
  }

  /** The items of a `with_` loop: what the lookup that it names makes of its terms. */
  itemsOf(lookup: string, raw: Raw, evaluator: Evaluator, task: CompiledTask): Value {
    return this.evaluatingAs(evaluator, task, () => [...loopItems(lookup, raw, lookupContext(this.#templates, this.#evaluating!))])
  }

  // --- the inventory in the run ----------------------------------------------------------------------------------------

  /** Adds a host, or groups and variables to one that is there. True where that alters the inventory. */
  addHost(name: string, groups: readonly string[], vars: Dict): boolean {
    const known = this.inventory.hosts.get(name)
    const isNew =
      !known?.listed ||
      [...vars].some(([key, value]) => !equalsRaw(known.vars.get(key), value)) ||
      groups.some((group) => this.inventory.groups.get(group)?.hosts.has(name) !== true)
    const add = (inventory: Inventory): void => {
      const host = inventory.addHost(name, 'ungrouped')
      for (const [key, value] of vars) host.vars.set(key, value)
      for (const group of groups) inventory.addHost(name, group)
      inventory.complete()
    }
    this.#additions.push(add)
    add(this.inventory)
    return isNew
  }

  /** Puts a host into a group below others, made where they are not there. True where it was not in it before. */
  groupHost(name: string, group: string, parents: readonly string[]): boolean {
    const { groups } = this.inventory
    const isNew = groups.get(group)?.hosts.has(name) !== true || parents.some((parent) => groups.get(parent)?.children.has(group) !== true)
    const add = (inventory: Inventory): void => {
      inventory.group(group).hosts.add(name)
      for (const parent of parents) inventory.addChild(parent, group, undefined)
      inventory.complete()
    }
    this.#additions.push(add)
    add(this.inventory)
    return isNew
  }

  /** Reads the inventory again; what the run has added stays. */
  refreshInventory(): void {
    this.inventory = this.#readInventory()
    for (const add of this.#additions) add(this.inventory)
  }

  host(name: string): HostState {
    let host = this.hosts.get(name)
    if (!host) {
      host = new HostState(name, this.#predictions, (overlay) => doubtOf(overlay, this.options), this.options.injectFacts)
      if (this.#factCache) host.gathered.recall(this.#factCache.read(name))
      this.hosts.set(name, host)
    }
    return host
  }

  warn(diagnostic: Diagnostic): void {
    this.emit({ kind: 'diagnostic', diagnostic })
  }

  /** The scope of a host at a task (or, without one, of the play or of the inventory alone); without a host that of the play as such. */
  evaluator(hostName: string | undefined, play: ActivePlay | undefined, task: CompiledTask | undefined, local: ReadonlyMap<Value, Raw> = new Map()): Evaluator {
    return this.#evaluator(hostName, play, task, local, this.#varsFiles(hostName, play, task, local))
  }

  #evaluator(
    hostName: string | undefined,
    play: ActivePlay | undefined,
    task: CompiledTask | undefined,
    local: ReadonlyMap<Value, Raw>,
    playVarsFiles: readonly RawDict[],
    folder = play?.compiled.play.folder,
  ): Evaluator {
    const host = hostName === undefined ? undefined : this.host(hostName)
    const variables = variablesFor(
      {
        hostName,
        play: play?.compiled,
        folder,
        playVarsFiles,
        prompted: play?.prompted ?? new RawDict(),
        included: host?.included ?? new RawDict(),
        task,
        facts: host?.facts ?? new RawDict(),
        gathered: host?.gathered.variables ?? new RawDict(),
        foreseen: this.foreseen,
        local,
        magic: this.#magic(play, task, folder),
      },
      {
        inventory: this.inventory,
        files: this.#files,
        extraVars: this.options.extraVars,
        mergesMappings: this.options.hashBehaviour === 'merge',
        hidesRoleVars: this.options.privateRoleVars,
      },
    )
    return new SessionEvaluator(this, this.jinja, hostName, task, variables)
  }

  #varsFiles(hostName: string | undefined, play: ActivePlay | undefined, task: CompiledTask | undefined, local: ReadonlyMap<Value, Raw>): RawDict[] {
    const keyword = play?.compiled.play.keywords.get('vars_files')
    if (!play || !keyword || keyword.raw === null) return []
    if (isWritten(keyword.raw)) return [this.writtenVarsFiles(play.compiled)]
    const valueOf = (raw: Raw): Value => this.#evaluator(hostName, play, task, local, []).value(raw)
    const isEarly = task === undefined || hostName === undefined || !this.host(hostName).gathered.gathered
    return [new DeferredVariables(() => readVarsFiles(keyword, { folder: play.compiled.play.folder, reader: this.reader, valueOf, isEarly }))]
  }

  /** The variables of a play's `vars_files` where no name of them is a template. @throws {DiagnosticError} FILE_NOT_FOUND */
  writtenVarsFiles({ play }: CompiledPlay): RawDict {
    const keyword = play.keywords.get('vars_files')
    if (!keyword || keyword.raw === null || !isWritten(keyword.raw)) return new RawDict()
    let found = this.#writtenVarsFiles.get(play)
    if (!found) {
      found = readVarsFiles(keyword, { folder: play.folder, reader: this.reader, valueOf: (raw) => raw as Value, isEarly: false })
      this.#writtenVarsFiles.set(play, found)
    }
    return found
  }

  /** Marks who evaluates while `evaluate` runs. */
  evaluatingAs<T>(evaluator: Evaluator, task: CompiledTask | undefined, evaluate: () => T): T {
    const outer = this.#evaluating
    this.#evaluating = { evaluator, task, answers: outer?.answers ?? evaluator.answers }
    try {
      return evaluate()
    } finally {
      this.#evaluating = outer
    }
  }

  /** The port to a host, opened on first use; `evaluator` knows its connection variables. */
  port(hostName: string, evaluator: Evaluator, keywords: ConnectionKeywords): Port {
    const { ports } = this.host(hostName)
    const settings = connectionSettings(hostName, evaluator, this.options, this.inventory, keywords)
    const key = JSON.stringify(settings)
    let port = ports.get(key)
    if (!port) ports.set(key, (port = this.#openPort(settings)))
    return port
  }

  async closePorts(): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host.closePorts()))
  }

  /** Whether the run is only checked before it begins: any host may have any fact by the time that a task asks. */
  beforeRun = false

  /**
   * What a task that gathers does: `target` is asked, as the task says, and `storedFor` has the facts from then on. Without
   * `whole` the host only has to answer: what templates mention is read, and the rest when it is first used.
   *
   * @throws {DiagnosticError} for a bad subset, and what the port throws.
   */
  async gatherFacts(
    { target, storedFor, whole }: { readonly target: string; readonly storedFor: string; readonly whole: boolean },
    play: ActivePlay,
    task: CompiledTask,
    environment: Readonly<Record<string, string>>,
    request: FactRequest,
  ): Promise<Dict> {
    const facts = this.host(storedFor).gathered
    const connection = await settled(() => this.#factConnection(target, play, task, environment))
    if (whole) return facts.gather(request, connection)
    // What is kept for later runs is all that there is.
    if (this.#factCache) {
      await facts.gather(request, connection)
      return new Dict()
    }
    facts.allow(request, () => connection, this.#mentioned)
    await facts.readMentioned()
    return new Dict()
  }

  /** Forgets what earlier runs have kept of hosts. */
  forgetFacts(hosts: Iterable<string>): void {
    for (const host of hosts) {
      this.#factCache?.forget(host)
      this.hosts.get(host)?.gathered.clear()
    }
  }

  /** Keeps the facts of all hosts for later runs, where that is wanted; a dry run changes nothing. */
  keepFacts(): void {
    if (!this.#factCache || this.options.check) return
    for (const [name, { gathered }] of this.hosts) this.#factCache.write(name, gathered.known, gathered.gathered)
  }

  /** How a task asks a host for its facts. */
  #factConnection(hostName: string, play: ActivePlay, task: CompiledTask, environment: Readonly<Record<string, string>>): FactConnection {
    const evaluator = this.evaluator(hostName, play, task)
    const python = evaluator.get('ansible_python_interpreter')
    return {
      port: this.port(hostName, evaluator, connectionKeywords(task, evaluator)),
      become: becomeFor(task, evaluator, this.options),
      environment,
      python: typeof python === 'string' && python.startsWith('/') ? python : undefined,
    }
  }

  /** Finds out which facts templates of the whole run mention. */
  foreseeFacts(plays: readonly CompiledPlay[], tasks: Iterable<CompiledTask>): void {
    this.#mentioned = mentionedFacts(plays, tasks, this.inventory)
  }

  #magic(play: ActivePlay | undefined, task: CompiledTask | undefined, folder: string | undefined): RawDict {
    const { inventory, options } = this
    const magic = new RawDict()
    magic.set('groups', this.#groups())
    magic.set('hostvars', this.#hostvars(folder))
    magic.set('omit', this.omit)
    magic.set('ansible_check_mode', options.check)
    magic.set('ansible_diff_mode', options.diff)
    magic.set('ansible_forks', options.statedForks)
    magic.set('ansible_run_tags', options.tags.length === 0 ? ['all'] : [...options.tags])
    magic.set('ansible_skip_tags', [...options.skipTags])
    if (options.limit !== undefined) magic.set('ansible_limit', options.limit)
    magic.set('ansible_version', VERSION)
    magic.set('ansible_verbosity', options.verbosity)
    magic.set('ansible_inventory_sources', [...inventory.sources])
    magic.set('ansible_config_file', options.configFile ?? null)
    // No Python runs here; inventories give it as the interpreter of localhost.
    magic.set('ansible_playbook_python', CONTROLLER_PYTHON)
    if (folder !== undefined) magic.set('playbook_dir', folder)
    if (play) {
      magic.set('ansible_play_name', play.name)
      const all = [...new Set([...play.hosts, ...play.added])]
      const alive = all.filter((name) => !play.gone.has(name))
      const batch = play.batch.filter((name) => !play.gone.has(name))
      magic.set('ansible_play_hosts_all', all)
      magic.set('ansible_play_hosts', alive)
      magic.set('ansible_play_batch', batch)
      magic.set('play_hosts', batch)
      const used = play.compiled.roles.filter((use) => use.parent?.dependencies.includes(use) !== true)
      const own = used.map((use) => use.role.name)
      const dependencies = used.flatMap(dependenciesOf).map((use) => use.role.name)
      magic.set('ansible_role_names', [...new Set([...own, ...dependencies])])
      magic.set('ansible_play_role_names', own)
      magic.set('role_names', own)
      magic.set('ansible_dependent_role_names', [...new Set(dependencies)])
    }
    if (task) {
      magic.set(
        'environment',
        accumulated(task.chain, 'environment').flatMap(({ raw }) => raw),
      )
      magic.set('ansible_search_path', this.#searchPath(task))
    }
    if (task?.role) {
      const { name, collection } = task.role.role
      magic.set('role_name', collection === undefined ? name : name.slice(collection.length + 1))
      magic.set('ansible_role_name', name)
      if (collection !== undefined) magic.set('ansible_collection_name', collection)
      magic.set('role_path', path.resolve(task.role.role.folder))
      const including = includingRoles(task.role)
      if (including.length > 0) {
        magic.set(
          'ansible_parent_role_names',
          including.map(({ role }) => role.name),
        )
        magic.set(
          'ansible_parent_role_paths',
          including.map(({ role }) => path.resolve(role.folder)),
        )
      }
    }
    return magic
  }

  /** Where Ansible looks for the files of a task. */
  #searchPath(task: CompiledTask): string[] {
    let found = this.#searchPaths.get(task)
    if (!found) {
      const { workingFolder } = this.reader
      found = [...new Set(foldersOf(task, workingFolder).map((folder) => path.resolve(workingFolder, folder)))]
      this.#searchPaths.set(task, found)
    }
    return found
  }

  /** Each group's hosts, listed when they are asked for. */
  #groups(): Dict {
    const { groups } = this.inventory
    return new LazyDict(
      () => groups.keys(),
      (name) => (groups.has(name) ? this.inventory.hostsOf(name) : undefined),
      { givesOneObject: true },
    )
  }

  /** Each host's variables as its own templates see them, made when they are asked for. */
  #hostvars(folder: string | undefined): Dict {
    return new LazyDict(
      // As in Ansible there is always a localhost, whether it is listed or not.
      () => [...[...this.inventory.hosts.values()].filter(({ listed }) => listed).map(({ name }) => name), 'localhost'],
      (name) => {
        if (isLocalhost(name)) this.inventory.localhost(name)
        else if (!this.inventory.hosts.has(name)) return undefined
        return this.variablesOf(name, folder)
      },
    )
  }

  /** The machine that a port to a host leads to: hosts with a local connection are all this one. */
  machine(hostName: string, { isController }: Port): Machine {
    const name = isController === true ? 'localhost' : hostName
    let machine = this.#machines.get(name)
    if (!machine) this.#machines.set(name, (machine = new Machine()))
    return machine
  }

  /** A host's variables as its own templates see them; `folder` is that of the playbook, whose `group_vars` count. */
  variablesOf(name: string, folder: string | undefined): Dict {
    const evaluator = this.#evaluator(name, undefined, undefined, new Map(), [], folder)
    return new LazyDict(
      () => [...evaluator.names()].filter((variable) => variable !== 'hostvars'),
      (variable) => (variable === 'hostvars' ? undefined : evaluator.lenient(variable)),
      { written: (variable) => evaluator.written(variable) },
    )
  }
}

/** An evaluator that knows on whose behalf lookups are made, and which names are facts. */
class SessionEvaluator extends Evaluator {
  readonly #session: Session
  readonly #task: CompiledTask | undefined
  readonly #hostName: string | undefined
  #isConnecting = false

  constructor(session: Session, jinja: Jinja, hostName: string | undefined, task: CompiledTask | undefined, variables: Variables) {
    super(jinja, variables)
    this.#session = session
    this.#hostName = hostName
    this.#task = task
  }

  protected override withJinja(jinja: Jinja, variables: Variables): Evaluator {
    return new SessionEvaluator(this.#session, jinja, this.#hostName, this.#task, variables)
  }

  override get(name: string): Value | undefined {
    const value = this.#session.evaluatingAs(this, this.#task, () => super.get(name))
    if (this.#session.beforeRun && (name === 'ansible_facts' || (value === undefined && mayBeFact(name)))) throw new Pending(neverNow)
    if (value !== undefined && PASSWORD_VARIABLES.has(name)) this.#session.secrets.add(value)
    return value === undefined ? this.#ofConnection(name) : value
  }

  /** A keyword of the connection may itself be made of its variables: then these are what they are without it. */
  #ofConnection(name: string): Value | undefined {
    if (this.#isConnecting || this.#task === undefined || this.#hostName === undefined) return undefined
    this.#isConnecting = true
    try {
      return connectionVariable(name, this.#hostName, this.#task, this, this.#session.options, (other) => this.#session.evaluator(other, undefined, undefined))
    } finally {
      this.#isConnecting = false
    }
  }

  override value(raw: Raw): Value {
    return this.#session.evaluatingAs(this, this.#task, () => super.value(raw))
  }

  override expression(template: Template): Value {
    return this.#session.evaluatingAs(this, this.#task, () => super.expression(template))
  }

  override condition(template: Template): boolean {
    return this.#session.evaluatingAs(this, this.#task, () => super.condition(template))
  }

  override textType(template: Template): TextType {
    return this.#session.evaluatingAs(this, this.#task, () => super.textType(template))
  }
}

/** Whether a variable has this very value; what a template would make is not asked. */
function equalsRaw(raw: Raw | undefined, value: Value): boolean {
  return raw !== undefined && !(raw instanceof Template) && equal(raw as Value, value)
}

/** Before the run nothing is fetched. */
function neverNow(): Promise<never> {
  return Promise.reject(new Error('a host was asked before the run'))
}

/** What a role depends on, and what these do. */
function dependenciesOf(use: RoleUse): RoleUse[] {
  return use.dependencies.flatMap((each) => [...dependenciesOf(each), each])
}

/** The roles whose tasks bring in a role, the nearest first; not those that depend on it. */
function includingRoles(use: RoleUse): RoleUse[] {
  const { parent } = use
  if (!parent) return []
  return parent.dependencies.includes(use) ? includingRoles(parent) : [parent, ...includingRoles(parent)]
}
