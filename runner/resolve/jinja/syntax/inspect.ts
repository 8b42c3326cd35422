/** Questions about a tree: which names it reads, and whether it calls what changes a value. */
import type { Arguments, Expression, Statement, Target } from './ast.ts'

/** Calls `visit` for each expression, outermost first. */
export function walkExpression(node: Expression, visit: (node: Expression) => void): void {
  visit(node)
  for (const child of childrenOf(node)) walkExpression(child, visit)
}

/** Calls `visit` for each expression of statements. */
export function walkStatements(body: readonly Statement[], visit: (node: Expression) => void): void {
  for (const statement of body) {
    for (const expression of expressionsOf(statement)) walkExpression(expression, visit)
    for (const inner of bodiesOf(statement)) walkStatements(inner, visit)
  }
}

/** The names that an expression reads. */
export function namesIn(node: Expression): Set<string> {
  const names = new Set<string>()
  walkExpression(node, (each) => {
    if (each.kind === 'name') names.add(each.name)
  })
  return names
}

/** The names that statements read and do not set themselves: an approximation from above where a name is set in some branch only. */
export function freeNames(body: readonly Statement[]): Set<string> {
  const free = new Set<string>()
  collect(body, new Set(), free)
  return free
}

const OWN_NAMES = new WeakMap<readonly Statement[], ReadonlySet<string>>()

/** The names that statements read in the scope in which they stand: not those that only a loop or a macro within them reads. */
export function ownNames(body: readonly Statement[]): ReadonlySet<string> {
  let names = OWN_NAMES.get(body)
  if (names === undefined) OWN_NAMES.set(body, (names = new Set(body.flatMap(ownNamesOf))))
  return names
}

function ownNamesOf(node: Statement): string[] {
  if (node.kind === 'macro' || node.kind === 'block') return []
  const own = node.kind === 'for' ? [node.iterable] : node.kind === 'callBlock' ? [node.call] : expressionsOf(node)
  const inner = node.kind === 'if' ? bodiesOf(node).flatMap((each) => [...ownNames(each)]) : []
  return [...own.flatMap((each) => [...namesIn(each)]), ...inner]
}

/** Whether a statement brings in other templates, whose code is not known yet. */
export function loadsTemplates(body: readonly Statement[]): boolean {
  return body.some(
    (each) => each.kind === 'include' || each.kind === 'import' || each.kind === 'from' || each.kind === 'extends' || bodiesOf(each).some(loadsTemplates),
  )
}

/** Whether the body of a `for` reads `loop`, or holds a block that sees what is around it. */
export function readsLoop(body: readonly Statement[]): boolean {
  return body.some((statement) => {
    if (statement.kind === 'block') return statement.block.scoped
    return expressionsOf(statement).some((each) => namesIn(each).has('loop')) || bodiesOf(statement).some(readsLoop)
  })
}

function collect(body: readonly Statement[], known: Set<string>, free: Set<string>): void {
  const read = (node: Expression | undefined, names: ReadonlySet<string>): void => {
    if (node === undefined) return
    for (const name of namesIn(node)) if (!names.has(name)) free.add(name)
  }
  for (const node of body) {
    if (node.kind === 'for') {
      read(node.iterable, known)
      const inner = new Set([...known, ...targetNames(node.target), 'loop'])
      read(node.test, inner)
      collect(node.body, inner, free)
      collect(node.otherwise, new Set(known), free)
    } else if (node.kind === 'macro' || node.kind === 'callBlock') {
      if (node.kind === 'callBlock') read(node.call, known)
      else known.add(node.macro.name)
      const names = node.macro.parameters.map((each) => each.name)
      const inner = new Set([...known, ...names, 'caller', 'varargs', 'kwargs'])
      for (const parameter of node.macro.parameters) read(parameter.default, inner)
      collect(node.macro.body, inner, free)
    } else if (node.kind === 'with') {
      for (const binding of node.bindings) read(binding.value, known)
      collect(node.body, new Set([...known, ...node.bindings.flatMap((each) => targetNames(each.target))]), free)
    } else if (node.kind === 'block') {
      collect(node.block.body, new Set([...known, 'super', 'self']), free)
    } else {
      for (const expression of expressionsOf(node)) read(expression, known)
      // The branches of an `if` share the scope around it; other bodies have their own.
      for (const inner of bodiesOf(node)) collect(inner, node.kind === 'if' ? known : new Set(known), free)
      if (node.kind === 'set' || node.kind === 'setBlock') for (const name of targetNames(node.target)) known.add(name)
      if (node.kind === 'import') known.add(node.name)
      if (node.kind === 'from') for (const each of node.names) known.add(each.alias)
    }
  }
}

function targetNames(target: Target): string[] {
  if (target.kind === 'tuple') return target.items.flatMap(targetNames)
  return target.kind === 'name' ? [target.name] : []
}

function childrenOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'constant':
    case 'name':
      return []
    case 'list':
    case 'tuple':
    case 'concat':
      return node.items
    case 'dict':
      return node.entries.flat()
    case 'attribute':
      return [node.target]
    case 'item':
      return [node.target, node.key]
    case 'slice':
      return [node.target, ...node.bounds.filter((each) => each !== undefined)]
    case 'call':
    case 'test':
      return [node.target, ...argumentsOf(node.args)]
    case 'filter':
      return [...(node.target ? [node.target] : []), ...argumentsOf(node.args)]
    case 'unary':
      return [node.operand]
    case 'binary':
    case 'and':
    case 'or':
      return [node.left, node.right]
    case 'compare':
      return [node.first, ...node.rest.map((each) => each.operand)]
    case 'condition':
      return [node.test, node.yes, ...(node.no ? [node.no] : [])]
  }
}

function argumentsOf(args: Arguments): Expression[] {
  const { positional, named, rest, extra } = args
  return [...positional, ...named.map((each) => each.value), ...(rest ? [rest] : []), ...(extra ? [extra] : [])]
}

function expressionsOf(node: Statement): readonly Expression[] {
  switch (node.kind) {
    case 'output':
    case 'do':
      return [node.expression]
    case 'for':
      return [node.iterable, ...(node.test ? [node.test] : [])]
    case 'if':
      return node.branches.map((each) => each.test)
    case 'set':
      return [node.value]
    case 'setBlock':
      return node.filter ? [node.filter] : []
    case 'macro':
      return node.macro.parameters.flatMap((each) => each.default ?? [])
    case 'callBlock':
      return [node.call, ...node.macro.parameters.flatMap((each) => each.default ?? [])]
    case 'filterBlock':
      return [node.filter]
    case 'with':
      return node.bindings.map((each) => each.value)
    case 'include':
    case 'import':
    case 'from':
    case 'extends':
      return [node.template]
    default:
      return []
  }
}

function bodiesOf(node: Statement): readonly (readonly Statement[])[] {
  switch (node.kind) {
    case 'for':
      return [node.body, node.otherwise]
    case 'if':
      return [...node.branches.map((each) => each.body), node.otherwise]
    case 'setBlock':
    case 'filterBlock':
    case 'with':
    case 'scope':
      return [node.body]
    case 'macro':
    case 'callBlock':
      return [node.macro.body]
    case 'block':
      return [node.block.body]
    default:
      return []
  }
}
