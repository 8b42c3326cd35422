/** What the parts of the engine know of one another, and what a caller gives it. */
import type { SourceFile } from '../../diagnostic/source.ts'
import type { Dict, Template, Value, Written } from '../../value/value.ts'
import type { Filter, Test } from './runtime/operation.ts'
import type { TemplateLibrary } from './runtime/inheritance.ts'
import type { Expression } from './syntax/ast.ts'
import type { SyntaxOptions } from './syntax/options.ts'
import type { Vocabulary } from './syntax/parse-expression.ts'

/** The variables that a template sees. */
export interface Scope {
  /** The value of a name, or undefined where there is none. May throw; what is thrown passes through untouched. */
  get(name: string): Value | undefined
  /** All names, for "did you mean". */
  names(): Iterable<string>
  /**
   * How the value of a name, which was just asked for, came about; `value` where this is left out. Ansible keeps the type of a number only where
   * the variable itself holds it, and reads text as a list or a dict unless a filter such as `to_json` gave it as text.
   */
  origin?: (name: string) => Origin
  /** What a variable is before its templates are evaluated; undefined where there is none. For `type_debug`. */
  written?: (name: string) => Written | undefined
}

/** A plain value; what a template gave; text that a template gave as text (`Jinja.gaveText`). */
export type Origin = 'value' | 'template' | 'text'

export interface LookupOptions {
  /** A list is wanted (`query`, `wantlist=True`) rather than its items joined by commas. */
  readonly wantlist: boolean
  readonly errors: 'strict' | 'warn' | 'ignore'
}

export type FileTestName = 'file' | 'directory' | 'link' | 'exists' | 'link_exists' | 'mount' | 'same_file'

/** What the engine asks of its caller. What a hook throws passes through untouched. */
export interface Hooks {
  /** `lookup(name, …)`, `query(name, …)`. With `wantlist` it must give a list. Without this hook there are no lookups. */
  lookup?: (name: string, args: Value[], kwargs: Dict, options: LookupOptions) => Value
  /** The template that `include`, `import` and `extends` name, searched from the file that is rendered; undefined where there is none. */
  loadTemplate?: (name: string, from?: SourceFile) => SourceFile | undefined
  /** Told of each filter and method: what went in, and what came out, so that a secret is known in its new form. */
  filterUsed?: (input: Value[], output: Value) => void
  /** A test on a path of the controller: `path is file`. `other` for `same_file`. */
  fileTest?: (test: FileTestName, path: string, other?: string) => boolean
  /** The files of the controller that a pattern matches, for the `fileglob` filter. */
  fileGlob?: (pattern: string) => string[]
  /** The time. */
  now?: () => Date
  /** The home folder of the user that runs this, or of the one named; for `expanduser`. */
  homeFolder?: (user?: string) => string | undefined
  /** An environment variable, for `expandvars`. */
  environment?: (name: string) => string | undefined
  /** A random number, 0 ≤ n < 1. */
  random?: () => number
}

/** One engine, as its parts see it. */
export interface Engine extends Vocabulary {
  readonly hooks: Hooks
  readonly globals: ReadonlyMap<string, Value>
  readonly syntax: SyntaxOptions
  readonly templates: TemplateLibrary
  /** The expression that is the only thing that a template prints. */
  soleExpression(template: Template): Expression | undefined
  filter(name: string): Filter | undefined
  test(name: string): Test | undefined
}
