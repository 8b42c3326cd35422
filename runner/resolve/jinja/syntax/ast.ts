/** What a template is made of, as the parser gives it and the evaluator walks it. */
import type { Value } from '../../../value/value.ts'

/** Offsets into the template's text, `end` exclusive. */
export interface Place {
  readonly start: number
  readonly end: number
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**'
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

export interface Arguments {
  readonly positional: readonly Expression[]
  readonly named: readonly { readonly name: string; readonly value: Expression }[]
  /** `*args` */
  readonly rest?: Expression | undefined
  /** `**kwargs` */
  readonly extra?: Expression | undefined
}

export type Expression = Place &
  (
    | { readonly kind: 'constant'; readonly value: Value }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'list'; readonly items: readonly Expression[] }
    | { readonly kind: 'tuple'; readonly items: readonly Expression[] }
    | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
    | { readonly kind: 'attribute'; readonly target: Expression; readonly name: string }
    | { readonly kind: 'item'; readonly target: Expression; readonly key: Expression }
    | { readonly kind: 'slice'; readonly target: Expression; readonly bounds: readonly (Expression | undefined)[] }
    | { readonly kind: 'call'; readonly target: Expression; readonly args: Arguments }
    /** Without a target it stands at the head of a filter block. */
    | { readonly kind: 'filter'; readonly target: Expression | undefined; readonly name: string; readonly args: Arguments }
    | { readonly kind: 'test'; readonly target: Expression; readonly name: string; readonly args: Arguments }
    | { readonly kind: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Expression }
    | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'concat'; readonly items: readonly Expression[] }
    | {
        readonly kind: 'compare'
        readonly first: Expression
        readonly rest: readonly { readonly operator: CompareOperator; readonly operand: Expression }[]
      }
    | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'condition'; readonly test: Expression; readonly yes: Expression; readonly no: Expression | undefined }
  )

/** What is assigned to: a name, a tuple of targets, or an attribute of a namespace. */
export type Target = Place &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'tuple'; readonly items: readonly Target[] }
    | { readonly kind: 'namespace'; readonly name: string; readonly attribute: string }
  )

export interface Parameter {
  readonly name: string
  readonly default?: Expression | undefined
}

export interface Macro {
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly body: readonly Statement[]
  /** Whether the body reads these; only then may a call give more than the parameters, or a call block. */
  readonly readsVarargs: boolean
  readonly readsKwargs: boolean
  readonly readsCaller: boolean
}

export interface ImportedName {
  readonly name: string
  readonly alias: string
}

export type Statement = Place &
  (
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'output'; readonly expression: Expression }
    | {
        readonly kind: 'for'
        readonly target: Target
        readonly iterable: Expression
        readonly test: Expression | undefined
        readonly recursive: boolean
        /** Whether there is a variable `loop` in the body; where nothing in it asks for one, templates that it includes see none either. */
        readonly seesLoop: boolean
        readonly body: readonly Statement[]
        readonly otherwise: readonly Statement[]
      }
    | {
        readonly kind: 'if'
        readonly branches: readonly { readonly test: Expression; readonly body: readonly Statement[] }[]
        readonly otherwise: readonly Statement[]
      }
    | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
    | { readonly kind: 'setBlock'; readonly target: Target; readonly filter: Expression | undefined; readonly body: readonly Statement[] }
    | { readonly kind: 'macro'; readonly macro: Macro }
    | { readonly kind: 'callBlock'; readonly call: Expression; readonly macro: Macro }
    | { readonly kind: 'filterBlock'; readonly filter: Expression; readonly body: readonly Statement[] }
    | {
        readonly kind: 'with'
        readonly bindings: readonly { readonly target: Target; readonly value: Expression }[]
        readonly body: readonly Statement[]
      }
    | { readonly kind: 'include'; readonly template: Expression; readonly ignoreMissing: boolean; readonly withContext: boolean }
    | { readonly kind: 'import'; readonly template: Expression; readonly name: string; readonly withContext: boolean }
    | { readonly kind: 'from'; readonly template: Expression; readonly names: readonly ImportedName[]; readonly withContext: boolean }
    | { readonly kind: 'extends'; readonly template: Expression }
    | { readonly kind: 'block'; readonly block: Block }
    | { readonly kind: 'scope'; readonly body: readonly Statement[] }
    | { readonly kind: 'do'; readonly expression: Expression }
    | { readonly kind: 'break' | 'continue' }
  )

export interface Block {
  readonly name: string
  readonly scoped: boolean
  readonly required: boolean
  readonly body: readonly Statement[]
}

/** A whole template. */
export interface Tree {
  readonly body: readonly Statement[]
  readonly blocks: ReadonlyMap<string, Block>
}
