/**
 * The types of Python that Ansible's text has, by where it comes from: found by following an expression back to its variable, since a
 * value does not carry it. What filters and operators make of text is `str`.
 */
import { DiagnosticError } from '../../../diagnostic/diagnostic.ts'
import { equal } from '../../../value/equal.ts'
import { Dict, RawDict, Template, Undefined, UnknownValueError, Vaulted } from '../../../value/value.ts'
import type { Noted, Raw, Value, Written } from '../../../value/value.ts'
import type { Arguments, Expression } from '../syntax/ast.ts'
import { evaluate, holds } from './evaluate.ts'
import type { Frame } from './frame.ts'
import { MacroFunction } from './objects.ts'
import { typeName } from './type.ts'

/** Text that is encrypted in its file, until it is used. */
export const VAULTED = 'AnsibleVaultEncryptedUnicode'

/** What `type_debug` says of a value that an expression has given. */
export function pythonType(value: Value, node: Expression, frame: Frame): string {
  return typeof value === 'string' ? textTypeOf(node, frame) : typeName(value)
}

/** The same for each item of a list that an expression has given. */
export function pythonTypesOfItems(items: readonly Value[], node: Expression, frame: Frame): string[] {
  if (node.kind === 'list' || node.kind === 'tuple') return items.map((item, index) => pythonType(item, node.items[index]!, frame))
  const whole = sourceOf(node, frame)
  return items.map((item, index) => (typeof item === 'string' ? typeOf(childOf(whole, index), frame) : typeName(item)))
}

/**
 * Whether the text that an expression has given was made as text on purpose, by `to_json` and its like, and is not to be read as a list or a
 * dict; with native types also whether it was encrypted.
 */
export function givesText(node: Expression, frame: Frame): boolean {
  try {
    const type = textTypeOf(node, frame)
    return type === MADE_ON_PURPOSE || (type === VAULTED && frame.run.options.conversion === 'native')
  } catch (error) {
    // What cannot be found out is not so.
    if (error instanceof DiagnosticError || error instanceof UnknownValueError) return false
    throw error
  }
}

/** The type of the text that an expression gives. */
export function textTypeOf(node: Expression, frame: Frame): string {
  if (node.kind === 'name' && frame.holdsText(node.name)) return MADE_ON_PURPOSE
  if (node.kind === 'filter') {
    const name = node.name.split('.').at(-1)!
    if (MADE_TEXT.has(name)) return MADE_ON_PURPOSE
    if (MARKUP.has(name)) return 'Markup'
  }
  return typeOf(sourceOf(node, frame), frame)
}

/** Of what `to_json` and its like give. */
const MADE_ON_PURPOSE = 'NativeJinjaText'
const MADE_TEXT: ReadonlySet<string> = new Set(['string', 'to_json', 'to_nice_json', 'to_yaml', 'to_nice_yaml'])
const MARKUP: ReadonlySet<string> = new Set(['e', 'escape', 'forceescape', 'safe', 'tojson', 'urlize', 'xmlattr'])
/** Filters that give one item of a list, and which. */
const PICKS: Readonly<Record<string, number>> = { first: 0, last: -1, random: 0, min: 0, max: 0 }
const LOOKUPS: ReadonlySet<string> = new Set(['lookup', 'query', 'q'])

const MADE: Written = { raw: null, text: 'str' }
const LOOKED_UP: Written = { raw: null, text: 'AnsibleUnsafeText' }

/** The source of text that was made on purpose, or of any other. */
export function textSource(isOnPurpose: boolean): Written {
  return isOnPurpose ? { raw: null, text: MADE_ON_PURPOSE } : MADE
}

/** The source of what an expression gives, to be asked for later. */
export function sourceIn(node: Expression, frame: Frame): () => Written {
  return () => sourceOf(node, frame)
}

function typeOf({ raw, text }: Written, frame: Frame): string {
  if (raw instanceof Vaulted) return VAULTED
  // A number or a date is text only where a template has printed it.
  if (!(raw instanceof Template)) return typeof raw === 'string' || raw === null ? text : 'str'
  const sole = frame.run.engine.soleExpression(raw)
  if (sole === undefined) return 'str'
  const type = frame.run.deeper(() => textTypeOf(sole, frame))
  // What was decrypted on the way is not to be evaluated again.
  return type === VAULTED ? 'AnsibleUnsafeText' : type
}

/** Where a value comes from; `MADE` where it is not simply that of a variable. */
export function sourceOf(node: Expression, frame: Frame): Written {
  switch (node.kind) {
    case 'name':
      return frame.holdsText(node.name) ? textSource(true) : (frame.written(node.name) ?? MADE)
    case 'attribute':
      return childSource(node.target, node.name, frame)
    case 'item':
      return childSource(node.target, evaluate(node.key, frame), frame)
    case 'condition':
      if (holds(node.test, frame)) return sourceOf(node.yes, frame)
      return node.no === undefined ? MADE : sourceOf(node.no, frame)
    case 'or':
    case 'and':
      return holds(node.left, frame) === (node.kind === 'or') ? sourceOf(node.left, frame) : sourceOf(node.right, frame)
    case 'call':
      return sourceOfCalled(node, frame)
    case 'filter':
      return sourceOfFiltered(node, frame)
    default:
      return MADE
  }
}

function sourceOfCalled({ target, args }: Extract<Expression, { kind: 'call' }>, frame: Frame): Written {
  const [first, second] = args.positional
  if (target.kind === 'attribute') return target.name === 'get' && first ? childSource(target.target, evaluate(first, frame), frame) : MADE
  if (target.kind !== 'name') return MADE
  const called = frame.resolve(target.name)
  if (called instanceof MacroFunction) return textSource(called.gaveText)
  if (!LOOKUPS.has(target.name) || first === undefined) return MADE
  const lookup = evaluate(first, frame)
  if (typeof lookup !== 'string' || target.name !== 'lookup') return LOOKED_UP
  const [, name] = /^(?:ansible\.(?:builtin|legacy)\.)?(vars|template)$/.exec(lookup) ?? []
  if (name === 'vars' && second !== undefined && args.positional.length === 2) {
    const variable = evaluate(second, frame)
    return textSourceOr(LOOKED_UP, typeof variable === 'string' ? frame.run.scope.written?.(variable) : undefined, frame)
  }
  return name === 'template' && rendersText(args, frame) ? textSource(true) : LOOKED_UP
}

function textSourceOr(otherwise: Written, written: Written | undefined, frame: Frame): Written {
  return written !== undefined && typeOf(written, frame) === MADE_ON_PURPOSE ? textSource(true) : otherwise
}

/** Whether `lookup('template', …)` is asked for text. */
function rendersText({ named }: Arguments, frame: Frame): boolean {
  const isSet = (option: string, fallback: boolean): boolean => {
    const given = named.find((each) => each.name === option)
    return given === undefined ? fallback : holds(given.value, frame)
  }
  return !isSet('convert_data', true) || (frame.run.options.conversion === 'native' && !isSet('jinja2_native', false))
}

function sourceOfFiltered({ target, name, args }: Extract<Expression, { kind: 'filter' }>, frame: Frame): Written {
  if (target === undefined) return MADE
  const short = name.split('.').at(-1)!
  if (short === 'default' || short === 'd') {
    if (!(evaluate(target, frame) instanceof Undefined)) return sourceOf(target, frame)
    return args.positional[0] ? sourceOf(args.positional[0], frame) : MADE
  }
  if (short === 'ternary') {
    const chosen = args.positional[holds(target, frame) ? 0 : 1]
    return chosen ? sourceOf(chosen, frame) : MADE
  }
  if (short === 'mandatory') return sourceOf(target, frame)
  const pick = PICKS[short]
  return pick === undefined ? textSource(MADE_TEXT.has(short)) : childSource(target, pick, frame)
}

/** Where something comes from that a list or a mapping holds. */
export function childSource(node: Expression, key: Value, frame: Frame): Written {
  if (node.kind === 'list' || node.kind === 'tuple') {
    const item = typeof key === 'number' ? node.items.at(key) : undefined
    return item ? sourceOf(item, frame) : MADE
  }
  if (node.kind === 'dict') {
    const entry = node.entries.findLast(([each]) => equal(evaluate(each, frame), key))
    return entry ? sourceOf(entry[1], frame) : MADE
  }
  if (node.kind === 'filter' && node.target !== undefined && node.name.split('.').at(-1) === 'combine') {
    const holding = [node.target, ...node.args.positional].findLast((each) => holdsKey(evaluate(each, frame), key))
    return holding ? childSource(holding, key, frame) : MADE
  }
  const source = sourceOf(node, frame)
  // With native types a list or a dict goes through templates as it is.
  if (!(source.raw instanceof Template) || frame.run.options.conversion !== 'native') return childOf(source, key)
  const sole = frame.run.engine.soleExpression(source.raw)
  return sole === undefined ? MADE : frame.run.deeper(() => childSource(sole, key, frame))
}

function holdsKey(value: Value, key: Value): boolean {
  return value instanceof Dict && value.has(key)
}

/** What is in a list or a mapping; text that a template has put there is `str`. */
export function childOf({ raw, text }: Written, key: Value): Written {
  if (raw instanceof Template || typeof raw === 'string') return MADE
  const noted = isNoted(raw) ? raw.written(key) : undefined
  if (noted) return noted
  const child: Raw | undefined = Array.isArray(raw) ? raw.at(Number(key)) : raw instanceof RawDict || raw instanceof Dict ? raw.get(key) : null
  return { raw: child ?? null, text }
}

function isNoted(raw: Raw): raw is RawDict & Noted {
  return raw instanceof Map && 'written' in raw
}
