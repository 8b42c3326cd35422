/**
 * Jinja2 as Ansible uses it.
 *
 * Ours are the scanner, the parser and the evaluation, with Python's semantics; nunjucks finds templates and holds the blocks of those
 * that extend one another (`runtime/inheritance.ts`). No template is ever compiled to JavaScript.
 */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceFile, SourceRange } from '../../diagnostic/source.ts'
import { DateTime } from '../../value/date-time.ts'
import { MAX_VALUE_DEPTH, print } from '../../value/print.ts'
import { Dict, DictView, Float, hasTemplateMarkers, Opaque, Tuple, Unknown, UnknownValueError } from '../../value/value.ts'
import type { Template, TextType, Value } from '../../value/value.ts'
import { PastUnknown } from '../past-unknown.ts'
import type { Engine, Hooks, Scope } from './engine.ts'
import { FILTERS } from './filter/index.ts'
import { fileSource, scalarSource } from './locate.ts'
import type { TemplateSource } from './locate.ts'
import { converted, readsAsValue } from './runtime/conversion.ts'
import type { Conversion } from './runtime/conversion.ts'
import { evaluate, truthOf } from './runtime/evaluate.ts'
import { Frame } from './runtime/frame.ts'
import { GLOBALS } from './runtime/globals.ts'
import { TemplateLibrary } from './runtime/inheritance.ts'
import type { ParsedTemplate } from './runtime/inheritance.ts'
import { checkUsable, itemsOf, Range } from './runtime/iterate.ts'
import { MUTATING_METHODS } from './runtime/methods.ts'
import { Output } from './runtime/output.ts'
import { render } from './runtime/render.ts'
import { Run } from './runtime/run.ts'
import { textTypeOf } from './runtime/text-type.ts'
import { isLenient } from './runtime/undefined.ts'
import type { Expression } from './syntax/ast.ts'
import { freeNames, loadsTemplates, namesIn, walkExpression, walkStatements } from './syntax/inspect.ts'
import { DEFAULT_SYNTAX } from './syntax/options.ts'
import type { SyntaxOptions } from './syntax/options.ts'
import { parseExpression, parseTemplate } from './syntax/parse-template.ts'
import { readHeader } from './syntax/header.ts'
import { TESTS } from './test/index.ts'

export type { FileTestName, Hooks, LookupOptions, Scope } from './engine.ts'
export type { Conversion } from './runtime/conversion.ts'
export type { SyntaxOptions } from './syntax/options.ts'

/** A bare expression, without markers, and where it stands. */
export interface ExpressionText {
  readonly text: string
  readonly range?: SourceRange | undefined
}

export interface RenderOptions extends Partial<SyntaxOptions> {
  /** Whether the template's own last line break is kept. Ansible's default, true. */
  readonly keepTrailingNewline?: boolean
}

export interface JinjaOptions {
  /** Ansible's `jinja2_extensions`: whether `do`, `break` and `continue` are known. All off by default, as in Ansible. */
  readonly doStatement?: boolean
  readonly loopControls?: boolean
  /** Ansible's `jinja2_native`: whether values of playbooks keep their type, and None prints as `None`, in text too. Off by default. */
  readonly native?: boolean
}

/** What is kept of a parsed template, by its text. */
interface Parsed {
  readonly tree: ParsedTemplate['tree']
  /** Whether it may change what it reads, itself or in a template that it brings in. */
  readonly isMutator: boolean
  readonly copiesVariables: boolean
}

interface ParsedExpression {
  readonly tree: Expression
  readonly copiesVariables: boolean
}

/** Templates remembered by their text; the oldest are forgotten beyond this. */
const MAX_CACHED = 5000

/** Filters whose text tells an object that occurs twice from two that are equal. */
const YAML_WRITERS = /^(?:ansible\.builtin\.)?to_(?:nice_)?yaml$/

const TEXT_TYPES: readonly TextType[] = ['str', 'AnsibleUnicode', 'AnsibleUnsafeText', 'NativeJinjaText']

/** `{{ name }}` alone, but for a line break at its end. */
const SINGLE_NAME = /^\{\{\s*(\w+)\s*\}\}\n?$/

/**
 * Evaluates templates and expressions.
 *
 * @example
 * const jinja = new Jinja({})
 * jinja.templateValue(new Template('{{ [1, 2] | sum }}', range), { get: () => undefined, names: () => [] }) === '3'
 */
export class Jinja {
  readonly #engine: Engine
  readonly #syntax: SyntaxOptions
  readonly #templates = new Map<string, Parsed>()
  readonly #expressions = new Map<string, ParsedExpression>()
  readonly #texts = new WeakSet<Template>()
  /** What a value of a playbook becomes. */
  readonly #conversion: Conversion
  readonly #printsNone: boolean
  /** The same with types that are not native: for templates that are text whatever the setting, and all that they use. */
  readonly textual: Jinja

  constructor(hooks: Hooks = {}, options: JinjaOptions = {}, isTextual = options.native !== true) {
    this.#conversion = isTextual ? 'literals' : 'native'
    this.#printsNone = options.native === true
    this.textual = isTextual ? this : new Jinja(hooks, options, true)
    this.#syntax = { ...DEFAULT_SYNTAX, doStatement: options.doStatement ?? false, loopControls: options.loopControls ?? false }
    const templates = new TemplateLibrary((name, run) => this.#load(name, run), render)
    this.#engine = {
      hooks,
      globals: GLOBALS,
      syntax: this.#syntax,
      templates,
      soleExpression: (template) => this.#soleExpression(template),
      filter: (name) => FILTERS.find(name),
      test: (name) => TESTS.find(name),
      hasFilter: (name) => FILTERS.find(name) !== undefined,
      hasTest: (name) => TESTS.find(name) !== undefined,
      filterNames: () => FILTERS.names(),
      testNames: () => TESTS.names(),
    }
  }

  get isNative(): boolean {
    return this.#conversion === 'native'
  }

  /** Checks the syntax of a template, and that its filters and tests are known. @throws {DiagnosticError} */
  parse(template: Template): void {
    this.#parsed(scalarSource(template.text, template.range), this.#scalarSyntax)
  }

  /** Checks the syntax of a bare expression, as `parse` does. */
  parseExpression(expression: Template | ExpressionText): void {
    this.#parsedExpression(expression)
  }

  /**
   * The value of a bare expression, such as a loop's or `until`'s. An undefined value is given back as one; what cannot leave a template
   * is given as it prints.
   *
   * @throws {DiagnosticError} UNDEFINED_VARIABLE, TEMPLATE_FAILED, TEMPLATE_SYNTAX, … with the place of the fault.
   * @throws {UnknownValueError} where it uses a value that a dry run cannot know.
   */
  evaluate(expression: Template | ExpressionText, scope: Scope): Value {
    return this.#evaluated(expression, scope, (value) => made(exported(value)))
  }

  /** The truth of a bare expression, as `when` and its like ask for. Throws as `evaluate` does, for an undefined value as well. */
  condition(expression: Template | ExpressionText, scope: Scope): boolean {
    return this.#evaluated(expression, scope, (value) => truthOf(value))
  }

  /**
   * The value of a template in a playbook, with the type that Ansible 2.14 gives it: a variable alone keeps its type; a list or a dict
   * that is the only thing printed stays one; printed text that looks like a list or a dict, or is `True` or `False`, becomes that;
   * everything else is text. With native types what is the only thing printed keeps its type, and text becomes what it is a literal of.
   *
   * A list or a dict may hold `Unknown` values deeper down; an `Unknown` of its own, or one that would be printed, throws, unless
   * something behind it is undefined: then that is the fault.
   *
   * @throws as `evaluate` does.
   */
  templateValue(template: Template, scope: Scope): Value {
    const { text } = template
    if (!hasTemplateMarkers(text)) return text
    const single = singleName(text)
    const source = scalarSource(text, template.range)
    const syntax = this.#scalarSyntax
    const parsed = this.#parsed(source, syntax)
    const run = new Run(this.#engine, scope, source, {
      conversion: this.#conversion,
      syntax,
      printsNone: this.#printsNone,
      copiesVariables: parsed.copiesVariables,
    })
    if (single !== undefined) {
      const value = run.within(source, () => scopeValue(run, single))
      if (value !== undefined) return value
    }
    const out = this.#rendered(parsed, source, run)
    const value = run.within(source, () => made(this.#leaving(converted(out, this.#conversion))))
    if (typeof value === 'string' && readsAsValue(value, this.#conversion)) this.#texts.add(template)
    else this.#texts.delete(template)
    return typeof value === 'string' ? restoreNewlines(text, value, syntax.newlineSequence) : value
  }

  /**
   * Whether the last value that a template gave is text on purpose, because a filter such as `to_json` made it; for `Scope.origin`.
   */
  gaveText(template: Template): boolean {
    return this.#texts.has(template)
  }

  /**
   * Renders a template file as the `template` module does, honouring a `#jinja2:` header. Text without any marker is given back as it is, but for its line breaks.
   *
   * @throws as `evaluate` does.
   */
  renderFile(file: SourceFile, scope: Scope, options: RenderOptions = {}): string {
    return this.#renderFile(file, scope, options, 'text') as string
  }

  /**
   * A template file as `lookup('template')` gives it.
   *
   * @throws as `evaluate` does.
   */
  renderFileValue(file: SourceFile, scope: Scope, options: RenderOptions, conversion: Conversion): Value {
    const single = singleName(file.text)
    if (single !== undefined) {
      const source = fileSource(file)
      const run = new Run(this.#engine, scope, source, { conversion, syntax: this.#syntax, printsNone: this.#printsNone, copiesVariables: false })
      const value = run.within(source, () => scopeValue(run, single))
      if (value !== undefined) return value
    }
    return this.#leaving(this.#renderFile(file, scope, options, conversion))
  }

  #renderFile(file: SourceFile, scope: Scope, options: RenderOptions, conversion: Conversion): Value {
    const { keepTrailingNewline = true, ...given } = options
    const header = readHeader(file)
    const syntax: SyntaxOptions = { ...this.#syntax, ...given, ...header.options }
    const source = fileSource(file, header.length)
    const { blockStart, variableStart, commentStart, lineStatementPrefix, lineCommentPrefix } = syntax
    if (![blockStart, variableStart, commentStart, lineStatementPrefix, lineCommentPrefix].some((marker) => marker !== '' && source.text.includes(marker))) {
      const text = source.text.replace(/\r\n|\r|\n/g, syntax.newlineSequence)
      return keepTrailingNewline || !text.endsWith(syntax.newlineSequence) ? text : text.slice(0, -syntax.newlineSequence.length)
    }
    const parsed = this.#parsed(source, syntax)
    const run = new Run(this.#engine, scope, source, { conversion, syntax, printsNone: this.#printsNone, copiesVariables: parsed.copiesVariables })
    const out = this.#rendered(parsed, source, run)
    const value = run.within(source, () => converted(out, conversion))
    return typeof value === 'string' && keepTrailingNewline ? restoreNewlines(source.text, value, syntax.newlineSequence) : value
  }

  /** The names that a bare expression reads, functions such as `range` left out. */
  undeclared(expression: Template | ExpressionText): Set<string> {
    return this.#withoutGlobals(namesIn(this.#parsedExpression(expression).tree))
  }

  /** The names that a template reads and does not set itself. */
  undeclaredInTemplate(template: Template): Set<string> {
    const { tree } = this.#parsed(scalarSource(template.text, template.range), this.#scalarSyntax)
    return this.#withoutGlobals(freeNames(tree.body))
  }

  /** The type that Ansible's text has where a template gives text: that of what it only passes on, else `str`. For `type_debug`. */
  textType(template: Template, scope: Scope): TextType {
    const sole = this.#soleExpression(template)
    if (sole === undefined) return 'str'
    const type = textTypeOf(
      sole,
      new Frame(
        new Run(this.#engine, scope, scalarSource(template.text, template.range), {
          conversion: this.#conversion,
          syntax: this.#syntax,
          printsNone: this.#printsNone,
          copiesVariables: false,
        }),
      ),
    )
    return TEXT_TYPES.find((each) => each === type) ?? 'str'
  }

  /** What leaves a template as a value of its own, where types are native. */
  #leaving(value: Value): Value {
    return this.isNative ? nativeOutside(value) : value
  }

  get #scalarSyntax(): SyntaxOptions {
    return { ...this.#syntax, rawBackslashes: true }
  }

  #withoutGlobals(names: Set<string>): Set<string> {
    for (const name of GLOBALS.keys()) names.delete(name)
    return names
  }

  #evaluated<T>(expression: Template | ExpressionText, scope: Scope, use: (value: Value) => T): T {
    const { tree, copiesVariables } = this.#parsedExpression(expression)
    const source = scalarSource(expression.text, expression.range)
    const run = new Run(this.#engine, scope, source, {
      conversion: this.#conversion,
      syntax: this.#syntax,
      printsNone: this.#printsNone,
      copiesVariables,
    })
    return run.within(source, () => {
      const value = evaluate(tree, new Frame(run))
      run.at = tree
      return use(value)
    })
  }

  #rendered(parsed: Parsed, source: TemplateSource, run: Run): Output {
    // Where a method may change a variable, what stands behind an unknown value would find it unchanged.
    const past = parsed.isMutator ? undefined : new PastUnknown()
    const out = new Output(past)
    const template = this.#engine.templates.wrap({ tree: parsed.tree, source })
    const renderAll = (): void => {
      this.#engine.templates.render(template, run, undefined, true, out)
      // What is the only thing printed is printed late.
      if (past?.isLost) out.text()
    }
    run.within(source, () => (past ? past.finish(renderAll) : renderAll()))
    return out
  }

  #soleExpression(template: Template): Expression | undefined {
    const { tree } = this.#parsed(scalarSource(template.text, template.range), this.#scalarSyntax)
    const [only, ...others] = tree.body
    return only?.kind === 'output' && others.length === 0 ? only.expression : undefined
  }

  #parsed(source: TemplateSource, syntax: SyntaxOptions): Parsed {
    const key = JSON.stringify([Object.values(syntax), source.text])
    return remember(this.#templates, key, () => {
      const tree = parseTemplate(syntax.keepTrailingNewline ? source : withoutLastNewline(source), syntax, this.#engine)
      const { callsMutators, dumpsYaml } = traits((visit) => walkStatements(tree.body, visit))
      const isMutator = callsMutators || loadsTemplates(tree.body)
      return { tree, isMutator, copiesVariables: isMutator || dumpsYaml }
    })
  }

  #parsedExpression(expression: Template | ExpressionText): ParsedExpression {
    return remember(this.#expressions, expression.text, () => {
      const tree = parseExpression(scalarSource(expression.text, expression.range), this.#syntax, this.#engine)
      const { callsMutators, dumpsYaml } = traits((visit) => walkExpression(tree, visit))
      return { tree, copiesVariables: callsMutators || dumpsYaml }
    })
  }

  /** A template that another one names. */
  #load(name: string, { entry, options }: Run): ParsedTemplate | undefined {
    const file = this.#engine.hooks.loadTemplate?.(name, entry.file)
    if (file === undefined) return undefined
    const source = fileSource(file)
    return { tree: this.#parsed(source, { ...options.syntax, rawBackslashes: false }).tree, source }
  }
}

function singleName(text: string): string | undefined {
  return SINGLE_NAME.exec(text)?.[1]
}

/** A variable that is alone in a template: numbers and booleans keep their type, and None stays None. */
function scopeValue(run: Run, name: string): Value | undefined {
  const value = run.variable(name, true)
  if (value instanceof Unknown) throw new UnknownValueError(value)
  if (run.originOf(name) !== 'value') return undefined
  const keeps = value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint' || value instanceof Float
  return keeps ? value : undefined
}

/** The value with what makes its values when asked for them (`hostvars`) made: it stays as it was when it left the template. */
function made(value: Value): Value {
  if (Array.isArray(value)) {
    const items = value.map(made)
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (!(value instanceof Dict)) return value
  const entries = [...value].map(([key, item]): [Value, Value] => [key, made(item)])
  return value.constructor !== Dict || entries.some(([key, item]) => item !== value.get(key)) ? new Dict(entries) : value
}

/** A value that may leave a template. */
function exported(value: Value): Value {
  if (isLenient(value)) return ''
  if (value instanceof Range || value instanceof DictView) return [...itemsOf(value)]
  if (value instanceof Opaque) return value.print()
  if (value instanceof Unknown) checkUsable(value)
  return holdsOpaque(value, 0) ? print(value) : value
}

/** What leaves a template where types are native: what lives only in templates is given as it prints. */
function nativeOutside(value: Value, depth = 0): Value {
  if (depth > MAX_VALUE_DEPTH) return fail('LIMIT_EXCEEDED', `a value is nested more than ${MAX_VALUE_DEPTH} levels deep`)
  if (value instanceof DateTime) return value
  if (Array.isArray(value)) return value.map((item) => nativeOutside(item, depth + 1))
  if (value instanceof Tuple) return new Tuple(value.items.map((item) => nativeOutside(item, depth + 1)))
  if (value instanceof Dict && value.constructor === Dict) return new Dict([...value].map(([key, item]) => [key, nativeOutside(item, depth + 1)]))
  return value instanceof Unknown && depth > 0 ? value : exported(value)
}

function holdsOpaque(value: Value, depth: number): boolean {
  if (depth > 100) return fail('LIMIT_EXCEEDED', 'a value is nested more than 100 levels deep')
  if (value instanceof Opaque) return true
  if (Array.isArray(value)) return value.some((item) => holdsOpaque(item, depth + 1))
  if (value instanceof Tuple) return value.items.some((item) => holdsOpaque(item, depth + 1))
  // A dict that makes its values when asked for them holds plain ones.
  return value instanceof Dict && value.constructor === Dict && [...value.values()].some((item) => holdsOpaque(item, depth + 1))
}

/** Jinja2 drops the last line break of a template; Ansible then puts back those that are missing at the end. */
function withoutLastNewline(source: TemplateSource): TemplateSource {
  return { ...source, text: source.text.replace(/(?:\r\n|\r|\n)$/, '') }
}

function restoreNewlines(template: string, text: string, newline: string): string {
  const count = (of: string): number => /\n*$/.exec(of.replaceAll('\r\n', '\n'))![0].length
  const lost = count(template) - count(text)
  return lost > 0 ? text + newline.repeat(lost) : text
}

/** Whether a template may call a method that changes what it belongs to, and whether it writes YAML. */
function traits(walk: (visit: (node: Expression) => void) => void): { callsMutators: boolean; dumpsYaml: boolean } {
  let callsMutators = false
  let dumpsYaml = false
  walk((node) => {
    if (node.kind === 'attribute' && MUTATING_METHODS.has(node.name)) callsMutators = true
    if (node.kind === 'filter' && YAML_WRITERS.test(node.name)) dumpsYaml = true
  })
  return { callsMutators, dumpsYaml }
}

function remember<V>(cache: Map<string, V>, key: string, make: () => V): V {
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make()
  cache.set(key, made)
  if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!)
  return made
}
