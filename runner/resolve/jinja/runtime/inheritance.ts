/**
 * Loading, inclusion and inheritance, which are nunjucks': its Environment and Loader find templates, its Template and Context hold
 * the blocks of a chain of templates and find the overridden one.
 *
 * Every template is handed to nunjucks precompiled: its root and its blocks are functions that walk our tree. So nunjucks' own
 * lexer, parser and compiler never run, and no code is ever generated from a template.
 */
import nunjucks from 'nunjucks'
import { fail } from '../../../diagnostic/diagnostic.ts'
import type { Dict } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { TemplateSource } from '../locate.ts'
import type { Block, Tree } from '../syntax/ast.ts'
import { Callable, refuseValue, TemplateObject } from './callable.ts'
import { Frame } from './frame.ts'
import { Output } from './output.ts'
import type { Run } from './run.ts'

/** A template parsed, with where its text stands. */
export interface ParsedTemplate {
  readonly tree: Tree
  readonly source: TemplateSource
}

/** Walks statements; given by the renderer, which needs this file. */
export type RenderStatements = (body: Tree['body'], frame: Frame, out: Output) => unknown

// ---- what we use of nunjucks, which its types leave out ----

type RenderFunction = (env: Environment, context: Context, frame: unknown, runtime: unknown, done: (error: unknown, result: unknown) => void) => void

interface Environment {
  getTemplate(name: string, eagerCompile: boolean, parentName: undefined, ignoreMissing: boolean): LoadedTemplate
}

export interface LoadedTemplate {
  readonly blocks: Readonly<Record<string, RenderFunction>>
  readonly rootRenderFunc: RenderFunction
  compile(): void
  render(variables: { state: TemplateState }): unknown
}

export interface Context {
  readonly blocks: Readonly<Record<string, readonly RenderFunction[]>>
  getVariables(): { state: TemplateState }
  addBlock(name: string, block: RenderFunction): void
  getBlock(name: string): RenderFunction
  getSuper(env: Environment, name: string, block: RenderFunction, frame: Frame, runtime: unknown, done: () => void): void
}

const {
  Environment: EnvironmentClass,
  Template: TemplateClass,
  Loader,
} = nunjucks as unknown as {
  Environment: new (loaders: unknown[], options: object) => Environment
  Template: new (source: object, environment: Environment, path: string, eagerCompile: boolean) => LoadedTemplate
  Loader: new () => object
}

/** The names of blocks carry a colon, so that no name from a template is one that an object has by itself. */
const blockKey = (name: string): string => `:${name}`

// ---- finding templates ----

/** Finds and parses a template by its name; undefined where there is none. */
export type LoadTemplate = (name: string, run: Run) => ParsedTemplate | undefined

/** nunjucks' loader, asking the caller for files. */
class HookLoader extends Loader {
  /** On whose behalf; set before nunjucks asks, which it does at once. */
  run: Run | undefined
  /** Whether the last template asked for was not there. */
  isMissing = false
  /** nunjucks' cache. It stays empty: what is parsed is cached by its text. */
  cache: unknown
  readonly #load: LoadTemplate
  readonly #compile: (parsed: ParsedTemplate) => object

  constructor(load: LoadTemplate, compile: (parsed: ParsedTemplate) => object) {
    super()
    this.#load = load
    this.#compile = compile
  }

  /** The caller resolves names relative to the file that names them. */
  isRelative(): boolean {
    return false
  }

  getSource(name: string): { src: object; path: string; noCache: boolean } | null {
    const found = this.#load(name.slice(1), this.run!)
    this.isMissing = found === undefined
    return found === undefined ? null : { src: { type: 'code', obj: this.#compile(found) }, path: name.slice(1), noCache: true }
  }
}

export class TemplateLibrary {
  readonly #loader: HookLoader
  readonly #environment: Environment
  readonly #render: RenderStatements

  constructor(load: LoadTemplate, render: RenderStatements) {
    this.#render = render
    this.#loader = new HookLoader(load, (parsed) => this.#functions(parsed))
    this.#environment = new EnvironmentClass([this.#loader], { autoescape: false })
    this.#loader.cache = Object.create(null)
  }

  /** A template from a tree that is parsed already. */
  wrap(parsed: ParsedTemplate): LoadedTemplate {
    return new TemplateClass({ type: 'code', obj: this.#functions(parsed) }, this.#environment, parsed.source.file?.path ?? '', false)
  }

  /** The first of the names that there is. @throws {DiagnosticError} FILE_NOT_FOUND unless `ignoreMissing`. */
  find(names: readonly string[], run: Run, ignoreMissing: boolean): LoadedTemplate | undefined {
    for (const name of names) {
      this.#loader.run = run
      // The colon keeps the name apart from what nunjucks' own objects hold.
      const found = this.#environment.getTemplate(`:${name}`, false, undefined, true)
      if (!this.#loader.isMissing) return found
    }
    if (ignoreMissing) return undefined
    const list = names.map((name) => `'${name}'`).join(', ')
    return fail('FILE_NOT_FOUND', names.length === 1 ? `there is no template ${list}` : `there is none of the templates ${list}`)
  }

  /** Renders a template from its root. */
  render(template: LoadedTemplate, run: Run, frame: Frame | undefined, seesVariables: boolean, out: Output): TemplateState {
    const state = new TemplateState(run, frame, seesVariables, out, this.#environment)
    template.render({ state })
    return state
  }

  /** The functions that a compiled template would have: its root, and `b_NAME` for each block. */
  #functions(parsed: ParsedTemplate): object {
    const functions: Record<string, RenderFunction> = { root: this.#root(parsed) }
    for (const block of parsed.tree.blocks.values()) functions[`b_${blockKey(block.name)}`] = this.#block(block, parsed.source)
    return functions
  }

  #root({ tree, source }: ParsedTemplate): RenderFunction {
    return (env, context, frame, runtime, done) => {
      const { state } = context.getVariables()
      state.context = context
      state.parent = undefined
      state.top.enter(tree.body)
      state.run.within(source, () => this.#render(tree.body, state.top, state.out))
      state.out.isMuted = false
      const parent = state.parent as LoadedTemplate | undefined
      if (parent === undefined) {
        done(null, undefined)
        return
      }
      parent.compile()
      for (const [name, block] of Object.entries(parent.blocks)) context.addBlock(name, block)
      state.run.deeper(() => parent.rootRenderFunc(env, context, frame, runtime, done))
    }
  }

  #block(block: Block, source: TemplateSource): RenderFunction {
    const render: RenderFunction = (_env, context, outer, _runtime, done) => {
      const { state } = context.getVariables()
      const frame = new Frame(state.run, outer as Frame, { body: block.body })
      frame.set('super', state.superOf(block.name, render, outer as Frame))
      state.run.within(source, () => {
        const count = context.blocks[blockKey(block.name)]?.length ?? 0
        if (block.required && count <= 1) refuseValue(`the required block '${block.name}' is not filled`)
        this.#render(block.body, frame, state.blockOut)
      })
      done(null, undefined)
    }
    return render
  }
}

// ---- a rendering ----

/** One rendering of a template and of those that it extends. */
export class TemplateState {
  readonly run: Run
  readonly top: Frame
  readonly out: Output
  /** Where blocks print: `out`, or what a call of `self.x()` or `super()` collects. */
  blockOut: Output
  /** The template that this one extends, once `extends` has run. */
  parent: LoadedTemplate | undefined
  context: Context | undefined
  readonly #environment: Environment

  constructor(run: Run, frame: Frame | undefined, seesVariables: boolean, out: Output, environment: Environment) {
    this.run = run
    this.out = out
    this.blockOut = out
    this.#environment = environment
    this.top = new Frame(run, frame, { template: this, seesVariables })
  }

  /** Renders a block, as the youngest template defines it. */
  renderBlock(name: string, frame: Frame, out: Output): void {
    const block = this.context!.getBlock(blockKey(name))
    this.#printTo(out, () => this.run.deeper(() => block(this.#environment, this.context!, frame, undefined, () => undefined)))
  }

  hasBlock(name: string): boolean {
    return Object.hasOwn(this.context?.blocks ?? {}, blockKey(name))
  }

  /** What `self` stands for. */
  self(): Value {
    return new SelfReference(this)
  }

  /** What `super` stands for within a block. */
  superOf(name: string, block: RenderFunction, frame: Frame): Value {
    const blocks = this.context!.blocks[blockKey(name)] ?? []
    const next = blocks[blocks.indexOf(block) + 1]
    return new SuperReference(this, name, block, next, frame)
  }

  renderSuper(name: string, block: RenderFunction, frame: Frame): string {
    return this.collect((out) => {
      this.#printTo(out, () => {
        this.run.deeper(() => this.context!.getSuper(this.#environment, blockKey(name), block, frame, undefined, () => undefined))
      })
    })
  }

  /** What a block prints is text, whatever a value that is printed becomes elsewhere. */
  collect(render: (out: Output) => void): string {
    const out = new Output()
    render(out)
    return out.text()
  }

  #printTo(out: Output, render: () => void): void {
    const outer = this.blockOut
    this.blockOut = out
    try {
      render()
    } finally {
      this.blockOut = outer
    }
  }
}

class SelfReference extends TemplateObject {
  readonly typeName = 'TemplateReference'
  readonly #state: TemplateState

  constructor(state: TemplateState) {
    super()
    this.#state = state
  }

  override attribute(name: string): Value | undefined {
    return this.#state.hasBlock(name) ? new BlockReference(this.#state, name) : undefined
  }

  override print(): string {
    return '<TemplateReference>'
  }
}

class BlockReference extends Callable {
  readonly typeName = 'BlockReference'
  readonly #state: TemplateState
  readonly #name: string

  constructor(state: TemplateState, name: string) {
    super()
    this.#state = state
    this.#name = name
  }

  override call(args: readonly Value[], kwargs: Dict): Value {
    if (args.length > 0 || kwargs.size > 0) return refuseValue('a block takes no arguments')
    return this.#state.collect((out) => this.#state.renderBlock(this.#name, this.#state.top, out))
  }

  override print(): string {
    return '<BlockReference>'
  }
}

class SuperReference extends Callable {
  readonly typeName = 'BlockReference'
  readonly #state: TemplateState
  readonly #name: string
  readonly #block: RenderFunction
  readonly #next: RenderFunction | undefined
  readonly #frame: Frame

  constructor(state: TemplateState, name: string, block: RenderFunction, next: RenderFunction | undefined, frame: Frame) {
    super()
    this.#state = state
    this.#name = name
    this.#block = block
    this.#next = next
    this.#frame = frame
  }

  override call(): Value {
    if (this.#next === undefined) return fail('UNDEFINED_VARIABLE', `there is no parent block called '${this.#name}'`)
    return this.#state.renderSuper(this.#name, this.#block, this.#frame)
  }

  /** `super.super()` skips a level. */
  override attribute(name: string): Value | undefined {
    return name === 'super' && this.#next !== undefined ? this.#state.superOf(this.#name, this.#next, this.#frame) : undefined
  }

  override print(): string {
    return '<BlockReference>'
  }
}
