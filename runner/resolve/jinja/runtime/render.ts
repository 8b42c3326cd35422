/** Walks a template's statements and prints what they give. */
import { Dict, DictView, Tuple, Undefined } from '../../../value/value.ts'
import type { Value, Written } from '../../../value/value.ts'
import { print } from '../../../value/print.ts'
import type { Place, Statement, Target } from '../syntax/ast.ts'
import { refuseValue } from './callable.ts'
import { converted, printed } from './conversion.ts'
import { evaluate, evaluateCall, evaluateFilter, holds } from './evaluate.ts'
import type { Frame } from './frame.ts'
import { itemsOf, Range } from './iterate.ts'
import { Loop } from './loop.ts'
import { MacroFunction, Namespace, TemplateModule } from './objects.ts'
import type { Collected } from './objects.ts'
import { Output } from './output.ts'
import { childOf, childSource, givesText, sourceIn, sourceOf, textSource } from './text-type.ts'
import { typeName } from './type.ts'
import { isLenient, orElse } from './undefined.ts'

type Node<K extends Statement['kind']> = Extract<Statement, { kind: K }>

/** How a body of statements ended, where it did not come to its end. */
export type Jump = 'break' | 'continue' | undefined

export function render(body: readonly Statement[], frame: Frame, out: Output): Jump {
  for (const statement of body) {
    const jump = renderStatement(statement, frame, out)
    if (jump !== undefined) return jump
  }
  return undefined
}

/** A body printed into a value of its own. */
function collected(body: readonly Statement[], frame: Frame): Collected {
  const out = new Output()
  render(body, frame, out)
  const { only } = out
  return { value: converted(out, frame.run.options.conversion), isText: () => only?.isText() === true }
}

function renderStatement(node: Statement, frame: Frame, out: Output): Jump {
  const { run } = frame
  run.step(node)
  switch (node.kind) {
    case 'text':
      out.attempt(() => out.write(node.text))
      return undefined
    case 'output':
      if (!out.isMuted) out.attempt(() => renderOutput(node, frame, out))
      return undefined
    case 'if': {
      for (const { test, body } of node.branches) if (holds(test, frame)) return render(body, frame, out)
      return render(node.otherwise, frame, out)
    }
    case 'for':
      renderFor(node, frame, out)
      return undefined
    case 'set': {
      const value = evaluate(node.value, frame)
      run.at = node
      assign(node.target, value, frame, sourceIn(node.value, frame))
      return undefined
    }
    case 'setBlock': {
      const { value, isText } = collected(node.body, frame.child(node.body))
      const { filter } = node
      const filtered = filter?.kind === 'filter' ? evaluateFilter(filter, value, frame) : value
      assign(node.target, filtered, frame, () => (filter === undefined ? textSource(isText()) : sourceOf(filter, frame)))
      return undefined
    }
    case 'macro':
      frame.set(node.macro.name, new MacroFunction(node.macro, frame, run.source, collected))
      return undefined
    case 'callBlock':
      renderCallBlock(node, frame, out)
      return undefined
    case 'filterBlock': {
      const { value } = collected(node.body, frame.child(node.body))
      run.at = node
      if (node.filter.kind !== 'filter') return undefined
      const filtered = evaluateFilter(node.filter, value, frame)
      writeValue(filtered, () => givesText(node.filter, frame), node, frame, out)
      return undefined
    }
    case 'with': {
      const inner = frame.child(node.body)
      const values = node.bindings.map(({ value }) => evaluate(value, frame))
      node.bindings.forEach(({ target, value }, index) => {
        assign(target, values[index]!, inner, sourceIn(value, frame))
      })
      return render(node.body, inner, out)
    }
    case 'scope':
      return render(node.body, frame.child(node.body), out)
    case 'include':
      renderInclude(node, frame, out)
      return undefined
    case 'import':
      frame.set(node.name, importModule(node, frame))
      return undefined
    case 'from':
      renderFrom(node, frame)
      return undefined
    case 'extends':
      renderExtends(node, frame)
      return undefined
    case 'block': {
      const { template } = frame
      if (out.isMuted || template === undefined) return undefined
      template.renderBlock(node.block.name, node.block.scoped ? frame : template.top, out)
      return undefined
    }
    case 'do':
      evaluate(node.expression, frame)
      return undefined
    case 'break':
    case 'continue':
      return node.kind
  }
}

function renderOutput({ expression }: Node<'output'>, frame: Frame, out: Output): void {
  const value = evaluate(expression, frame)
  writeValue(value, () => givesText(expression, frame), expression, frame, out)
}

function writeValue(value: Value, isText: () => boolean, place: Place, frame: Frame, out: Output): void {
  const { run } = frame
  const final = value instanceof Range || value instanceof DictView ? [...itemsOf(value)] : value
  // Printed perhaps later, when another template runs: a fault belongs here all the same.
  const { source } = run
  const print = (): string =>
    run.within(source, () => {
      run.at = place
      return printed(final, run.options.printsNone)
    })
  // A text is printed at once: the value may change.
  if (run.options.conversion === 'text') out.write(print())
  else out.writePiece({ value: final, print, isText })
}

function renderFor(node: Node<'for'>, frame: Frame, out: Output): void {
  renderLoop(node, evaluate(node.iterable, frame), frame, out, 0)
}

function renderLoop(node: Node<'for'>, iterable: Value, frame: Frame, out: Output, depth: number): void {
  const { run } = frame
  run.at = node.iterable
  const items = isLenient(iterable) ? [] : itemsOf(iterable)
  const recurse = (inner: Value): Value =>
    run.deeper(() => {
      const out = new Output()
      renderLoop(node, inner, frame, out, depth + 1)
      return converted(out, run.options.conversion)
    })
  const passing = {
    iterator: passingItems(node, items, frame),
    length: node.test === undefined ? () => items.length : undefined,
  }
  const loop = new Loop(passing, depth, node.recursive ? recurse : undefined)
  let count = 0
  for (let next = loop.advance(); next.done !== true; next = loop.advance()) {
    run.step(node)
    const inner = frame.child(node.body)
    if (node.seesLoop) inner.set('loop', loop)
    // Where some are left out, or the loop calls itself, it is not known which one this was.
    const index = count++
    const source = node.test === undefined && depth === 0 ? (): Written => childSource(node.iterable, index, frame) : undefined
    assign(node.target, next.value, inner, source)
    if (render(node.body, inner, out) === 'break') return
  }
  if (count === 0) render(node.otherwise, frame.child(node.otherwise), out)
}

/**
 * The items that the `if` of a `for` lets pass; it does not see `loop`. Each is looked at when its turn comes: it may depend on what was done
 * with those before it. A list that grows meanwhile is walked to its new end.
 */
function* passingItems(node: Node<'for'>, items: readonly Value[], frame: Frame): Generator<Value, undefined> {
  const { test } = node
  for (const item of items) {
    if (test !== undefined) {
      frame.run.step(node)
      const inner = frame.child()
      assign(node.target, item, inner)
      if (!holds(test, inner)) continue
    }
    yield item
  }
  return undefined
}

function assign(target: Target, value: Value, frame: Frame, source?: () => Written): void {
  if (target.kind === 'name') {
    frame.set(target.name, value, source)
  } else if (target.kind === 'namespace') {
    const namespace = frame.resolve(target.name)
    if (!(namespace instanceof Namespace)) refuseValue('cannot assign attribute on non-namespace object')
    namespace.set(target.attribute, value)
  } else {
    frame.run.at = target
    const items = itemsOf(value)
    const wanted = target.items.length
    if (items.length > wanted) refuseValue(`too many values to unpack (expected ${wanted})`)
    if (items.length < wanted) refuseValue(`not enough values to unpack (expected ${wanted}, got ${items.length})`)
    target.items.forEach((each, index) => assign(each, items[index]!, frame, source && (() => childOf(source(), index))))
  }
}

function renderCallBlock(node: Node<'callBlock'>, frame: Frame, out: Output): void {
  if (node.call.kind !== 'call') return
  const caller = new MacroFunction(node.macro, frame, frame.run.source, collected)
  const value = evaluateCall(node.call, frame, new Dict([['caller', caller]]))
  frame.run.at = node
  writeValue(value, () => givesText(node.call, frame), node, frame, out)
}

function renderInclude(node: Node<'include'>, frame: Frame, out: Output): void {
  if (out.isMuted) return
  const { run } = frame
  const names = templateNames(evaluate(node.template, frame))
  run.at = node.template
  const template = run.engine.templates.find(names, run, node.ignoreMissing)
  if (template === undefined) return
  run.deeper(() => run.engine.templates.render(template, run, node.withContext ? frame : undefined, node.withContext, out))
}

function importModule(node: Node<'import'> | Node<'from'>, frame: Frame): TemplateModule {
  const { run } = frame
  const names = templateNames(evaluate(node.template, frame))
  run.at = node.template
  const template = run.engine.templates.find(names, run, false)!
  const out = new Output()
  const state = run.deeper(() => run.engine.templates.render(template, run, node.withContext ? frame.snapshot() : undefined, node.withContext, out))
  return new TemplateModule(names.join(', '), state.top, out.text())
}

function renderFrom(node: Node<'from'>, frame: Frame): void {
  const module = importModule(node, frame)
  for (const { name, alias } of node.names) {
    const found = module.attribute(name)
    frame.set(
      alias,
      orElse(found, () => new Undefined(name, `the template ${module.name} does not export the requested name '${name}'`)),
    )
  }
}

function renderExtends(node: Node<'extends'>, frame: Frame): void {
  const { run, template } = frame
  if (template === undefined) return
  if (template.parent !== undefined) refuseValue('extended multiple times')
  const names = templateNames(evaluate(node.template, frame))
  run.at = node.template
  template.parent = run.engine.templates.find(names, run, false)
  template.out.isMuted = true
}

function templateNames(value: Value): string[] {
  const isList = Array.isArray(value) || value instanceof Tuple
  return (isList ? itemsOf(value) : [value]).map((name) => {
    if (typeof name === 'string') return name
    if (name instanceof Undefined) print(name)
    return refuseValue(`the name of a template must be a string, not ${typeName(name)}`)
  })
}
