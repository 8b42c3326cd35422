/** The expression half of the parser: Jinja2's grammar, with its precedences. */
import type { Value } from '../../../value/value.ts'
import { didYouMean } from '../../../diagnostic/suggest.ts'
import type { TemplateSource } from '../locate.ts'
import type { Arguments, BinaryOperator, CompareOperator, Expression, Target } from './ast.ts'
import { refuse } from './fault.ts'
import type { Token, TokenType } from './scan.ts'

/** What the parser has to know of the engine: which filters and tests there are. */
export interface Vocabulary {
  hasFilter(name: string): boolean
  hasTest(name: string): boolean
  filterNames(): Iterable<string>
  testNames(): Iterable<string>
}

/** Expressions and blocks nested deeper than this are refused, so that no walk of the tree overflows the stack. */
const MAX_NESTING = 200

const CONSTANTS = new Map<string, Value>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
])
const COMPARE: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])
/** Names that end an argument of a test that is written without parentheses. */
const AFTER_TEST: ReadonlySet<string> = new Set(['else', 'or', 'and'])
const NO_ARGUMENTS: Arguments = { positional: [], named: [] }

export class ExpressionParser {
  readonly source: TemplateSource
  protected readonly vocabulary: Vocabulary
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(source: TemplateSource, tokens: readonly Token[], vocabulary: Vocabulary) {
    this.source = source
    this.#tokens = tokens
    this.vocabulary = vocabulary
  }

  /** A whole text that is one expression. */
  wholeExpression(): Expression {
    if (this.is('end')) this.fault('an expression is missing')
    const expression = this.expression()
    if (this.current.type !== 'end') this.fault(`unexpected '${describe(this.current)}' after the expression`)
    return expression
  }

  /** One expression, with its inline `if`. */
  expression(withCondition = true): Expression {
    return this.nested(() => (withCondition ? this.#condition() : this.#or()))
  }

  /** One expression, or a tuple of several without parentheses. `end` says where a tuple may end after a comma. */
  expressionOrTuple(end: () => boolean, withCondition = true): Expression {
    const start = this.current.start
    const items: Expression[] = []
    let isTuple = false
    for (;;) {
      if (items.length > 0) {
        if (!this.accept('operator', ',')) break
        isTuple = true
      }
      if (this.#tupleEnds() || end()) break
      items.push(this.expression(withCondition))
    }
    const [only] = items
    if (only === undefined) return this.fault(`an expression is missing before '${describe(this.current)}'`)
    return isTuple ? { kind: 'tuple', items, start, end: this.lastEnd } : only
  }

  /** What `for` and `set` assign to. A namespace's attribute only where `withNamespace`. */
  target(end: () => boolean, withNamespace: boolean): Target {
    const start = this.current.start
    if (withNamespace && this.current.type === 'name' && isOperator(this.peek(1), '.')) {
      const name = this.name()
      this.#at++
      return { kind: 'namespace', name, attribute: this.name(), start, end: this.lastEnd }
    }
    const items: Target[] = []
    let isTuple = false
    for (;;) {
      if (items.length > 0) {
        if (!this.accept('operator', ',')) break
        isTuple = true
      }
      if (this.#tupleEnds() || end()) break
      items.push(this.nested(() => this.#singleTarget()))
    }
    const [only] = items
    if (only === undefined) return this.fault(`a name to assign to is missing before '${describe(this.current)}'`)
    return isTuple ? { kind: 'tuple', items, start, end: this.lastEnd } : only
  }

  /** The filters of a filter block or of `set … | filter`: a chain without a target. */
  filterChain(): Expression {
    const first = this.#filter(undefined)
    return this.#filtersAndTests(first)
  }

  /** `( … )` of a call. */
  arguments(): Arguments {
    this.expect('operator', '(')
    const positional: Expression[] = []
    const named: { name: string; value: Expression }[] = []
    let rest: Expression | undefined
    let extra: Expression | undefined
    let first = true
    while (!isOperator(this.current, ')')) {
      if (!first) {
        this.expect('operator', ',')
        if (isOperator(this.current, ')')) break
      }
      first = false
      if (this.accept('operator', '*')) {
        if (rest || extra) this.fault('invalid syntax for function call expression')
        rest = this.expression()
      } else if (this.accept('operator', '**')) {
        if (extra) this.fault('invalid syntax for function call expression')
        extra = this.expression()
      } else if (this.current.type === 'name' && isOperator(this.peek(1), '=')) {
        if (extra) this.fault('invalid syntax for function call expression')
        const name = this.name()
        if (named.some((each) => each.name === name)) this.fault(`keyword argument '${name}' is given twice`)
        this.#at++
        named.push({ name, value: this.expression() })
      } else {
        if (rest || extra || named.length > 0) this.fault('a positional argument follows a keyword argument')
        positional.push(this.expression())
      }
    }
    this.expect('operator', ')')
    return { positional, named, rest, extra }
  }

  // ---- tokens ----

  get current(): Token {
    return this.#tokens[this.#at]!
  }

  peek(distance: number): Token {
    return this.#tokens[Math.min(this.#at + distance, this.#tokens.length - 1)]!
  }

  /** Where the token before the current one ended. */
  get lastEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0
  }

  advance(): Token {
    const token = this.current
    if (token.type !== 'end') this.#at++
    return token
  }

  is(type: TokenType, text?: string): boolean {
    return this.current.type === type && (text === undefined || this.current.text === text)
  }

  accept(type: TokenType, text?: string): boolean {
    if (!this.is(type, text)) return false
    this.#at++
    return true
  }

  expect(type: TokenType, text?: string): Token {
    if (this.is(type, text)) return this.advance()
    return this.fault(`expected '${text ?? type}', got '${describe(this.current)}'`)
  }

  name(): string {
    return this.expect('name').text
  }

  /** Told of each name whose value is asked for. */
  protected reads(name: string): void
  protected reads(): void {
    // An expression by itself has no use for it.
  }

  fault(summary: string, hint?: string): never {
    const { start, end } = this.current
    return refuse(this.source, start, end, summary, { hint })
  }

  /** Parses one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_NESTING) {
      const { start, end } = this.current
      refuse(this.source, start, end, `a template is nested more than ${MAX_NESTING} levels deep`, { code: 'LIMIT_EXCEEDED' })
    }
    const result = parse()
    this.#depth--
    return result
  }

  // ---- precedence, from the loosest to the tightest ----

  #condition(): Expression {
    let yes = this.#or()
    let chained = 0
    while (this.accept('name', 'if')) {
      this.#bounded(++chained)
      const test = this.#or()
      const no = this.accept('name', 'else') ? this.expression() : undefined
      yes = { kind: 'condition', test, yes, no, start: yes.start, end: this.lastEnd }
    }
    return yes
  }

  #or(): Expression {
    return this.#leftAssociative(
      () => this.#and(),
      () => (this.accept('name', 'or') ? 'or' : undefined),
      (kind, left, right) => ({ kind, left, right, start: left.start, end: this.lastEnd }),
    )
  }

  #and(): Expression {
    return this.#leftAssociative(
      () => this.#not(),
      () => (this.accept('name', 'and') ? 'and' : undefined),
      (kind, left, right) => ({ kind, left, right, start: left.start, end: this.lastEnd }),
    )
  }

  #not(): Expression {
    const start = this.current.start
    if (!this.accept('name', 'not')) return this.#compare()
    const operand = this.nested(() => this.#not())
    return { kind: 'unary', operator: 'not', operand, start, end: this.lastEnd }
  }

  #compare(): Expression {
    const first = this.#sum()
    const rest: { operator: CompareOperator; operand: Expression }[] = []
    for (;;) {
      const operator = this.#compareOperator()
      if (operator === undefined) break
      rest.push({ operator, operand: this.#sum() })
    }
    return rest.length === 0 ? first : { kind: 'compare', first, rest, start: first.start, end: this.lastEnd }
  }

  #compareOperator(): CompareOperator | undefined {
    const { type, text } = this.current
    if (type === 'operator' && COMPARE.has(text)) {
      this.#at++
      return text as CompareOperator
    }
    if (this.accept('name', 'in')) return 'in'
    if (this.is('name', 'not') && this.peek(1).type === 'name' && this.peek(1).text === 'in') {
      this.#at += 2
      return 'not in'
    }
    return undefined
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#concat())
  }

  #concat(): Expression {
    const items = [this.#product()]
    while (this.accept('operator', '~')) items.push(this.#product())
    const [first] = items
    return items.length === 1 ? first! : { kind: 'concat', items, start: first!.start, end: this.lastEnd }
  }

  #product(): Expression {
    return this.#binary(['*', '/', '//', '%'], () => this.#power())
  }

  /** Left associative, and weaker than a sign, unlike in Python: `2**3**2` is 64, `-2**2` is 4. */
  #power(): Expression {
    return this.#binary(['**'], () => this.#unary(true))
  }

  #binary(operators: readonly BinaryOperator[], operand: () => Expression): Expression {
    return this.#leftAssociative(
      operand,
      () => {
        const found = operators.find((each) => isOperator(this.current, each))
        if (found !== undefined) this.#at++
        return found
      },
      (operator, left, right) => ({ kind: 'binary', operator, left, right, start: left.start, end: this.lastEnd }),
    )
  }

  #leftAssociative<O>(
    operand: () => Expression,
    operator: () => O | undefined,
    join: (operator: O, left: Expression, right: Expression) => Expression,
  ): Expression {
    let left = operand()
    // Each step makes the tree one level deeper on the left.
    let chained = 0
    for (let found = operator(); found !== undefined; found = operator()) {
      this.#bounded(++chained)
      left = join(found, left, operand())
    }
    return left
  }

  #bounded(chained: number): void {
    if (chained <= MAX_CHAIN) return
    const { start, end } = this.current
    refuse(this.source, start, end, `an expression has more than ${MAX_CHAIN} parts in a row`, { code: 'LIMIT_EXCEEDED' })
  }

  #unary(withFilter: boolean): Expression {
    const start = this.current.start
    const sign = this.accept('operator', '-') ? '-' : this.accept('operator', '+') ? '+' : undefined
    let node: Expression
    if (sign === undefined) node = this.#primary()
    else {
      const operand = this.nested(() => this.#unary(false))
      node = { kind: 'unary', operator: sign, operand, start, end: this.lastEnd }
    }
    node = this.#postfix(node)
    return withFilter ? this.#filtersAndTests(node) : node
  }

  #primary(): Expression {
    const token = this.advance()
    const { start, end } = token
    if (token.type === 'name') {
      const value = CONSTANTS.get(token.text)
      if (value !== undefined) return { kind: 'constant', value, start, end }
      this.reads(token.text)
      return { kind: 'name', name: token.text, start, end }
    }
    if (token.type === 'string') {
      let text = token.value as string
      while (this.is('string')) text += this.advance().value as string
      return { kind: 'constant', value: text, start, end: this.lastEnd }
    }
    if (token.type === 'integer' || token.type === 'float') return { kind: 'constant', value: token.value!, start, end }
    if (isOperator(token, '(')) return this.#parentheses(start)
    if (isOperator(token, '[')) return this.#list(start)
    if (isOperator(token, '{')) return this.#dict(start)
    return refuse(this.source, start, end, `unexpected '${describe(token)}'`)
  }

  #parentheses(start: number): Expression {
    if (this.accept('operator', ')')) return { kind: 'tuple', items: [], start, end: this.lastEnd }
    const inner = this.expressionOrTuple(() => false)
    this.expect('operator', ')')
    return inner.kind === 'tuple' ? { ...inner, start, end: this.lastEnd } : inner
  }

  #list(start: number): Expression {
    const items: Expression[] = []
    while (!isOperator(this.current, ']')) {
      if (items.length > 0) {
        this.expect('operator', ',')
        if (isOperator(this.current, ']')) break
      }
      items.push(this.expression())
    }
    this.expect('operator', ']')
    return { kind: 'list', items, start, end: this.lastEnd }
  }

  #dict(start: number): Expression {
    const entries: (readonly [Expression, Expression])[] = []
    while (!isOperator(this.current, '}')) {
      if (entries.length > 0) {
        this.expect('operator', ',')
        if (isOperator(this.current, '}')) break
      }
      const key = this.expression()
      this.expect('operator', ':')
      entries.push([key, this.expression()])
    }
    this.expect('operator', '}')
    return { kind: 'dict', entries, start, end: this.lastEnd }
  }

  #postfix(first: Expression): Expression {
    let node = first
    let chained = 0
    for (;;) {
      if (this.accept('operator', '.')) node = this.#attribute(node)
      else if (this.accept('operator', '[')) node = this.#subscript(node)
      else if (isOperator(this.current, '(')) node = this.#call(node)
      else return node
      this.#bounded(++chained)
    }
  }

  #attribute(target: Expression): Expression {
    const token = this.advance()
    const { start, end } = token
    if (token.type === 'name') return { kind: 'attribute', target, name: token.text, start: target.start, end }
    if (token.type !== 'integer') return refuse(this.source, start, end, `expected name or number, got '${describe(token)}'`)
    return { kind: 'item', target, key: { kind: 'constant', value: token.value!, start, end }, start: target.start, end }
  }

  #subscript(target: Expression): Expression {
    const keys: (Expression | 'slice')[] = []
    let bounds: (Expression | undefined)[] = []
    const start = this.current.start
    while (!isOperator(this.current, ']')) {
      if (keys.length > 0) this.expect('operator', ',')
      const found = this.#subscriptPart()
      if (Array.isArray(found)) bounds = found
      keys.push(Array.isArray(found) ? 'slice' : found)
    }
    if (keys.length === 0) this.fault('a subscript is missing')
    this.expect('operator', ']')
    const place = { start: target.start, end: this.lastEnd }
    if (keys.length === 1 && keys[0] === 'slice') return { kind: 'slice', target, bounds, ...place }
    if (keys.includes('slice')) return refuse(this.source, start, this.lastEnd, 'a slice cannot be one of several subscripts')
    const [key] = keys as Expression[]
    if (keys.length === 1) return { kind: 'item', target, key: key!, ...place }
    return { kind: 'item', target, key: { kind: 'tuple', items: keys as Expression[], start, end: this.lastEnd - 1 }, ...place }
  }

  /** One key, or the bounds of a slice. */
  #subscriptPart(): Expression | (Expression | undefined)[] {
    const bounds: (Expression | undefined)[] = []
    const bound = (): Expression | undefined => {
      const { type, text } = this.current
      return type === 'operator' && (text === ':' || text === ']' || text === ',') ? undefined : this.expression()
    }
    const first = bound()
    if (!isOperator(this.current, ':')) return first ?? this.fault('a subscript is missing')
    bounds.push(first)
    while (bounds.length < 3 && this.accept('operator', ':')) bounds.push(bound())
    return bounds
  }

  #call(target: Expression): Expression {
    const args = this.nested(() => this.arguments())
    return { kind: 'call', target, args, start: target.start, end: this.lastEnd }
  }

  #filtersAndTests(first: Expression): Expression {
    let node = first
    let chained = 0
    for (;;) {
      if (this.accept('operator', '|')) node = this.#filter(node)
      else if (this.accept('name', 'is')) node = this.#test(node)
      else if (isOperator(this.current, '(')) node = this.#call(node)
      else return node
      this.#bounded(++chained)
    }
  }

  #filter(target: Expression | undefined): Expression {
    const start = this.current.start
    const name = this.#dottedName()
    if (!this.vocabulary.hasFilter(name)) {
      refuse(this.source, start, this.lastEnd, `there is no filter '${name}'`, {
        code: 'UNKNOWN_FILTER',
        hint: didYouMean(name, this.vocabulary.filterNames()),
      })
    }
    const args = isOperator(this.current, '(') ? this.nested(() => this.arguments()) : NO_ARGUMENTS
    return { kind: 'filter', target, name, args, start: target?.start ?? start, end: this.lastEnd }
  }

  #test(target: Expression): Expression {
    const isNegated = this.accept('name', 'not')
    const start = this.current.start
    const name = this.#dottedName()
    if (!this.vocabulary.hasTest(name)) {
      refuse(this.source, start, this.lastEnd, `there is no test '${name}'`, {
        code: 'UNKNOWN_TEST',
        hint: didYouMean(name, this.vocabulary.testNames()),
      })
    }
    const args = this.#testArguments()
    const place = { start: target.start, end: this.lastEnd }
    const test: Expression = { kind: 'test', target, name, args, ...place }
    return isNegated ? { kind: 'unary', operator: 'not', operand: test, ...place } : test
  }

  #testArguments(): Arguments {
    const { type, text } = this.current
    if (isOperator(this.current, '(')) return this.nested(() => this.arguments())
    const startsPrimary = ['name', 'string', 'integer', 'float'].includes(type) || (type === 'operator' && (text === '[' || text === '{'))
    if (!startsPrimary || (type === 'name' && AFTER_TEST.has(text))) return NO_ARGUMENTS
    // `x is defined if y`: Jinja2 takes this name for an argument as well, and then finds the expression broken.
    if (type === 'name' && text === 'is') this.fault('tests cannot be chained with is')
    const argument = this.nested(() => this.#postfix(this.#primary()))
    return { positional: [argument], named: [] }
  }

  #dottedName(): string {
    let name = this.name()
    while (this.accept('operator', '.')) name += `.${this.name()}`
    return name
  }

  #singleTarget(): Target {
    const start = this.current.start
    if (this.accept('operator', '(')) {
      const inner = this.target(() => false, false)
      this.expect('operator', ')')
      return inner.kind === 'tuple' ? inner : { ...inner, start }
    }
    if (this.current.type !== 'name' || CONSTANTS.has(this.current.text)) {
      this.fault(`cannot assign to '${describe(this.current)}'`)
    }
    return { kind: 'name', name: this.name(), start, end: this.lastEnd }
  }

  #tupleEnds(): boolean {
    const { type } = this.current
    return type === 'variableEnd' || type === 'blockEnd' || type === 'end' || isOperator(this.current, ')')
  }
}

/** Parts in a row (`a + b + c`, `a.b.c`) deepen the tree as well. */
const MAX_CHAIN = 1000

export function isOperator(token: Token, text: string): boolean {
  return token.type === 'operator' && token.text === text
}

/** A token as a message names it. */
function describe(token: Token): string {
  if (token.type === 'end') return 'end of template'
  if (token.type === 'text') return 'text'
  return token.text
}
