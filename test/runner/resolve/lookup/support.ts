/** A place to try lookups in: the folder of a playbook, its one task, and variables. */
import path from 'node:path'
import { Inventory } from '../../../../runner/load/inventory/inventory.ts'
import { PlaybookLoader } from '../../../../runner/load/playbook.ts'
import { Reader } from '../../../../runner/load/reader.ts'
import { RoleLoader } from '../../../../runner/load/role.ts'
import type { Vault } from '../../../../runner/load/vault/vault.ts'
import type { Diagnostic } from '../../../../runner/diagnostic/diagnostic.ts'
import { PlayCompiler, TaskCounter } from '../../../../runner/plan/compile.ts'
import { tasksOf, type CompiledTask } from '../../../../runner/plan/compiled.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import type { LookupContext } from '../../../../runner/resolve/lookup/index.ts'
import { lookupContext, templateHooks, type Evaluating, type TemplateWorld } from '../../../../runner/resolve/template-hooks.ts'
import { Evaluator, Variables } from '../../../../runner/resolve/variables.ts'
import { Dict } from '../../../../runner/value/value.ts'

export interface LookupWorld {
  /** What was warned of. */
  readonly warnings: Diagnostic[]
  readonly context: LookupContext
  /** Evaluates on behalf of the task. */
  evaluate<T>(work: (evaluator: Evaluator, context: LookupContext) => T): T
}

/** `folder` holds `p.yml`, of whose first play the first task asks. Hosts come from the variable `groups`. */
export function lookupWorld(folder: string, variables: Dict, more: Partial<TemplateWorld> & { vault?: Vault } = {}): LookupWorld {
  const reader = new Reader(() => undefined, folder, more.vault)
  const loader = new PlaybookLoader(reader, { has: () => true, names: () => [] }, (template) => template.text)
  const [play] = loader.load(path.join(folder, 'p.yml'))
  const roles = new RoleLoader(reader, loader)
  const compiled = new PlayCompiler(play!, {
    playbooks: loader,
    roles,
    counter: new TaskCounter(),
    workingFolder: folder,
    text: (template) => template.text,
  }).compile()
  const task: CompiledTask | undefined = [...tasksOf(compiled.sections.flat())][0]
  const inventory = new Inventory()
  const groups = variables.get('groups')
  if (groups instanceof Dict) for (const [group, hosts] of groups) for (const host of hosts as string[]) inventory.addHost(host, group as string)
  inventory.complete()
  const warnings: Diagnostic[] = []
  const world: TemplateWorld = {
    reader,
    inventory: () => inventory,
    jinja: () => jinja,
    current: () => current,
    warn: (diagnostic) => warnings.push(diagnostic),
    ...more,
  }
  const jinja: Jinja = new Jinja(templateHooks(world))
  const all = new Variables()
  all.add('play vars', variables)
  const evaluator = new Evaluator(jinja, all)
  const current: Evaluating = { evaluator, task, answers: evaluator.answers }
  const context = lookupContext(world, current)
  return { warnings, context, evaluate: (work) => work(evaluator, context) }
}
