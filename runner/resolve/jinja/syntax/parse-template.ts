/** The statement half of the parser: a whole template, from its tokens to its tree. */
import { didYouMean } from '../../../diagnostic/suggest.ts'
import type { TemplateSource } from '../locate.ts'
import type { Block, Expression, ImportedName, Macro, Parameter, Statement, Target, Tree } from './ast.ts'
import { refuse } from './fault.ts'
import { readsLoop } from './inspect.ts'
import type { SyntaxOptions } from './options.ts'
import { ExpressionParser, isOperator } from './parse-expression.ts'
import type { Vocabulary } from './parse-expression.ts'
import { scanExpression, scanTemplate } from './scan.ts'

/** Parses a template. @throws {DiagnosticError} TEMPLATE_SYNTAX, UNKNOWN_FILTER, UNKNOWN_TEST or LIMIT_EXCEEDED, with its place. */
export function parseTemplate(source: TemplateSource, options: SyntaxOptions, vocabulary: Vocabulary): Tree {
  return new TemplateParser(source, options, vocabulary).template()
}

/** Parses a bare expression. Throws as `parseTemplate` does. */
export function parseExpression(source: TemplateSource, options: SyntaxOptions, vocabulary: Vocabulary): Expression {
  return new ExpressionParser(source, scanExpression(source, options), vocabulary).wholeExpression()
}

const STATEMENTS = ['autoescape', 'block', 'call', 'extends', 'filter', 'for', 'from', 'if', 'import', 'include', 'macro', 'print', 'raw', 'set', 'with']

class TemplateParser extends ExpressionParser {
  readonly #options: SyntaxOptions
  readonly #blocks = new Map<string, Block>()
  /** The blocks that are open, to say which end is expected. */
  readonly #open: string[] = []
  #loops = 0
  /** What the macro that is being parsed reads of its special names. */
  #reads = new Set<string>()

  constructor(source: TemplateSource, options: SyntaxOptions, vocabulary: Vocabulary) {
    super(source, scanTemplate(source, options), vocabulary)
    this.#options = options
  }

  template(): Tree {
    const body = this.#statements([])
    return { body, blocks: this.#blocks }
  }

  /** Statements up to one of the end names, which stays for the caller; up to the end of the template where there are none. */
  #statements(ends: readonly string[]): Statement[] {
    return this.nested(() => {
      const body: Statement[] = []
      for (;;) {
        const token = this.current
        if (token.type === 'end') {
          if (ends.length > 0) this.#unclosed(ends)
          return body
        }
        if (token.type === 'text') {
          body.push({ kind: 'text', text: token.text, start: token.start, end: token.end })
          this.advance()
        } else if (this.accept('variableStart')) {
          const expression = this.expressionOrTuple(() => false)
          this.expect('variableEnd')
          body.push({ kind: 'output', expression, start: expression.start, end: expression.end })
        } else {
          this.expect('blockStart')
          if (this.current.type === 'name' && ends.includes(this.current.text)) return body
          body.push(...this.#statement())
        }
      }
    })
  }

  #statement(): Statement[] {
    const start = this.current.start
    if (this.current.type !== 'name') this.fault('the name of a statement is missing')
    const tag = this.name()
    const place = (): { start: number; end: number } => ({ start, end: this.lastEnd })
    switch (tag) {
      case 'for':
        return [this.#for(start)]
      case 'if':
        return [this.#if(start)]
      case 'set':
        return [this.#set(start)]
      case 'macro':
        return [this.#macroStatement(start)]
      case 'call':
        return [this.#callBlock(start)]
      case 'filter': {
        const filter = this.filterChain()
        this.#blockEnd()
        return [{ kind: 'filterBlock', filter, body: this.#body(tag), ...place() }]
      }
      case 'with':
        return [this.#with(start)]
      case 'include':
        return [this.#include(start)]
      case 'import':
        return [this.#import(start)]
      case 'from':
        return [this.#from(start)]
      case 'extends': {
        const template = this.expression()
        this.#blockEnd()
        return [{ kind: 'extends', template, ...place() }]
      }
      case 'block':
        return [this.#block(start)]
      case 'print':
        return this.#print()
      case 'autoescape':
        // Ansible joins what a template gives as it is: it never escapes.
        this.expression()
        this.#blockEnd()
        return [{ kind: 'scope', body: this.#body(tag), ...place() }]
      case 'do':
        if (!this.#options.doStatement) break
        return this.#do(start)
      case 'break':
      case 'continue':
        if (!this.#options.loopControls) break
        if (this.#loops === 0) refuse(this.source, start, this.lastEnd, `'${tag}' outside of a loop`)
        this.#blockEnd()
        return [{ kind: tag, ...place() }]
    }
    return this.#unknownStatement(tag, start)
  }

  #for(start: number): Statement {
    const target = this.target(() => this.is('name', 'in'), false)
    this.expect('name', 'in')
    const iterable = this.expressionOrTuple(() => this.is('name', 'recursive'), false)
    const test = this.accept('name', 'if') ? this.expression() : undefined
    const recursive = this.accept('name', 'recursive')
    this.#blockEnd()
    this.#open.push('for')
    this.#loops++
    const body = this.#statements(['endfor', 'else'])
    this.#loops--
    let otherwise: Statement[] = []
    if (this.name() === 'else') {
      this.#blockEnd()
      otherwise = this.#statements(['endfor'])
      this.advance()
    }
    this.#open.pop()
    this.#blockEnd()
    return { kind: 'for', target, iterable, test, recursive, seesLoop: recursive || readsLoop(body), body, otherwise, start, end: this.lastEnd }
  }

  #if(start: number): Statement {
    const branches: { test: Expression; body: Statement[] }[] = []
    let otherwise: Statement[] = []
    this.#open.push('if')
    for (;;) {
      const test = this.expressionOrTuple(() => false, false)
      this.#blockEnd()
      branches.push({ test, body: this.#statements(['elif', 'else', 'endif']) })
      const next = this.name()
      if (next === 'elif') continue
      if (next === 'else') {
        this.#blockEnd()
        otherwise = this.#statements(['endif'])
        this.advance()
      }
      break
    }
    this.#open.pop()
    this.#blockEnd()
    return { kind: 'if', branches, otherwise, start, end: this.lastEnd }
  }

  #set(start: number): Statement {
    const target = this.target(() => false, true)
    if (this.accept('operator', '=')) {
      const value = this.expressionOrTuple(() => false)
      this.#blockEnd()
      return { kind: 'set', target, value, start, end: this.lastEnd }
    }
    const filter = this.accept('operator', '|') ? this.filterChain() : undefined
    this.#blockEnd()
    return { kind: 'setBlock', target, filter, body: this.#body('set'), start, end: this.lastEnd }
  }

  #macroStatement(start: number): Statement {
    const name = this.name()
    const macro = this.#macro(name, this.#parameters(), 'macro')
    return { kind: 'macro', macro, start, end: this.lastEnd }
  }

  #callBlock(start: number): Statement {
    const parameters = isOperator(this.current, '(') ? this.#parameters() : []
    const call = this.expression()
    if (call.kind !== 'call') refuse(this.source, call.start, call.end, 'expected a call')
    const macro = this.#macro('caller', parameters, 'call')
    return { kind: 'callBlock', call, macro, start, end: this.lastEnd }
  }

  #parameters(): Parameter[] {
    const parameters: Parameter[] = []
    this.expect('operator', '(')
    while (!isOperator(this.current, ')')) {
      if (parameters.length > 0) {
        this.expect('operator', ',')
        if (isOperator(this.current, ')')) break
      }
      const name = this.name()
      if (parameters.some((each) => each.name === name)) this.fault(`the parameter '${name}' is given twice`)
      if (this.accept('operator', '=')) parameters.push({ name, default: this.expression() })
      else if (parameters.at(-1)?.default) this.fault('a parameter without a default follows one with a default')
      else parameters.push({ name })
    }
    this.expect('operator', ')')
    return parameters
  }

  #macro(name: string, parameters: Parameter[], tag: string): Macro {
    const outerReads = this.#reads
    const outerLoops = this.#loops
    this.#reads = new Set()
    this.#loops = 0
    this.#blockEnd()
    const body = this.#body(tag)
    const reads = this.#reads
    this.#reads = outerReads
    this.#loops = outerLoops
    return {
      name,
      parameters,
      body,
      readsVarargs: reads.has('varargs'),
      readsKwargs: reads.has('kwargs'),
      readsCaller: reads.has('caller'),
    }
  }

  #with(start: number): Statement {
    const bindings: { target: Target; value: Expression }[] = []
    while (this.current.type !== 'blockEnd') {
      if (bindings.length > 0) this.expect('operator', ',')
      const target = this.#withTarget()
      this.expect('operator', '=')
      bindings.push({ target, value: this.expression() })
    }
    this.#blockEnd()
    return { kind: 'with', bindings, body: this.#body('with'), start, end: this.lastEnd }
  }

  #withTarget(): Target {
    const { start } = this.current
    if (isOperator(this.current, '(')) return this.target(() => false, false)
    return { kind: 'name', name: this.name(), start, end: this.lastEnd }
  }

  #include(start: number): Statement {
    const template = this.expression()
    let ignoreMissing = false
    if (this.is('name', 'ignore') && this.peek(1).type === 'name' && this.peek(1).text === 'missing') {
      this.advance()
      this.advance()
      ignoreMissing = true
    }
    const withContext = this.#contextClause() ?? true
    this.#blockEnd()
    return { kind: 'include', template, ignoreMissing, withContext, start, end: this.lastEnd }
  }

  #import(start: number): Statement {
    const template = this.expression()
    this.expect('name', 'as')
    const name = this.name()
    const withContext = this.#contextClause() ?? false
    this.#blockEnd()
    return { kind: 'import', template, name, withContext, start, end: this.lastEnd }
  }

  #from(start: number): Statement {
    const template = this.expression()
    this.expect('name', 'import')
    const names: ImportedName[] = []
    let withContext: boolean | undefined
    for (;;) {
      if (names.length > 0 && !this.accept('operator', ',')) break
      withContext = this.#contextClause()
      if (withContext !== undefined || this.current.type !== 'name') break
      const name = this.name()
      if (name.startsWith('_')) this.fault('names starting with an underline cannot be imported')
      names.push({ name, alias: this.accept('name', 'as') ? this.name() : name })
    }
    withContext ??= this.#contextClause() ?? false
    if (names.length === 0) this.fault('a name to import is missing')
    this.#blockEnd()
    return { kind: 'from', template, names, withContext, start, end: this.lastEnd }
  }

  /** `with context` or `without context`. */
  #contextClause(): boolean | undefined {
    const isClause = (this.is('name', 'with') || this.is('name', 'without')) && this.peek(1).text === 'context'
    if (!isClause) return undefined
    const withContext = this.advance().text === 'with'
    this.advance()
    return withContext
  }

  #block(start: number): Statement {
    const name = this.name()
    if (this.#blocks.has(name) || this.#open.includes(`block ${name}`)) {
      refuse(this.source, start, this.lastEnd, `block '${name}' is defined twice`)
    }
    let scoped = false
    let required = false
    for (;;) {
      if (this.accept('name', 'scoped')) scoped = true
      else if (this.accept('name', 'required')) required = true
      else break
    }
    if (isOperator(this.current, '-')) this.fault('block names may not contain hyphens, use an underscore')
    this.#blockEnd()
    this.#open.push(`block ${name}`)
    const body = this.#statements(['endblock'])
    this.advance()
    this.accept('name', name)
    this.#open.pop()
    this.#blockEnd()
    if (required && body.some((each) => each.kind !== 'text' || each.text.trim() !== '')) {
      refuse(this.source, start, this.lastEnd, 'required blocks can only contain comments or whitespace')
    }
    const block: Block = { name, scoped, required, body }
    this.#blocks.set(name, block)
    return { kind: 'block', block, start, end: this.lastEnd }
  }

  #print(): Statement[] {
    const printed: Statement[] = []
    while (this.current.type !== 'blockEnd') {
      if (printed.length > 0) this.expect('operator', ',')
      const expression = this.expression()
      printed.push({ kind: 'output', expression, start: expression.start, end: expression.end })
    }
    this.#blockEnd()
    return printed
  }

  #do(start: number): Statement[] {
    const expression = this.expressionOrTuple(() => false)
    this.#blockEnd()
    return [{ kind: 'do', expression, start, end: this.lastEnd }]
  }

  /** The body of a block up to its end, which is taken. */
  #body(tag: string): Statement[] {
    this.#open.push(tag)
    const body = this.#statements([`end${tag}`])
    this.advance()
    this.#open.pop()
    this.#blockEnd()
    return body
  }

  #blockEnd(): void {
    // As in Jinja2 a block may end with a colon.
    this.accept('operator', ':')
    if (!this.is('blockEnd')) this.fault(`expected '${this.#options.blockEnd}', got '${this.current.text}'`)
    this.advance()
  }

  #unclosed(ends: readonly string[]): never {
    const tag = this.#open.at(-1)?.split(' ')[0] ?? ''
    return this.fault(`'${tag}' is not closed: ${ends.map((each) => `'${each}'`).join(' or ')} is missing`)
  }

  #unknownStatement(tag: string, start: number): never {
    const innermost = this.#open.at(-1)?.split(' ')[0]
    let hint = didYouMean(tag, innermost === undefined ? STATEMENTS : [...STATEMENTS, `end${innermost}`, 'else', 'elif'])
    if (tag === 'do' || tag === 'break' || tag === 'continue') hint = `Ansible has '${tag}' off unless jinja2_extensions names its extension.`
    if (tag.startsWith('end') || tag === 'else' || tag === 'elif') {
      const expected = innermost === undefined ? 'Nothing is open here.' : `The innermost open block is '${innermost}'.`
      return refuse(this.source, start, this.lastEnd, `unexpected '${tag}'`, { hint: expected })
    }
    return refuse(this.source, start, this.lastEnd, `unknown statement '${tag}'`, { hint })
  }

  protected override reads(name: string): void {
    this.#reads.add(name)
  }
}
