/**
 * The types of Python that Ansible's text has, by where it comes from: found by following an expression back to its variable, since a
 * value does not carry it. What filters and operators make of text is `str`.
 */
import { NotedDict, RawDict, Template, Undefined, Vaulted, type Raw, type Value, type Written } from '../../../value/value.ts'
import type { Expression } from '../syntax/ast.ts'
import { evaluate, holds } from './evaluate.ts'
import type { Frame } from './frame.ts'
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

/** The type of the text that an expression gives. */
export function textTypeOf(node: Expression, frame: Frame): string {
  if (node.kind === 'filter') {
    const name = node.name.split('.').at(-1)!
    if (MADE_TEXT.has(name)) return 'NativeJinjaText'
    if (MARKUP.has(name)) return 'Markup'
  }
  return typeOf(sourceOf(node, frame), frame)
}

/** Of what `to_json` and its like give. */
const MADE_TEXT: ReadonlySet<string> = new Set(['string', 'to_json', 'to_nice_json', 'to_yaml', 'to_nice_yaml'])
const MARKUP: ReadonlySet<string> = new Set(['e', 'escape', 'forceescape', 'safe', 'tojson', 'urlize', 'xmlattr'])
/** Filters that give one item of a list, and which. */
const PICKS: Readonly<Record<string, number>> = { first: 0, last: -1, random: 0, min: 0, max: 0 }
const LOOKUPS: ReadonlySet<string> = new Set(['lookup', 'query', 'q'])

const MADE: Written = { raw: null, text: 'str' }

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
function sourceOf(node: Expression, frame: Frame): Written {
  switch (node.kind) {
    case 'name':
      return frame.written(node.name) ?? MADE
    case 'attribute':
      return childOf(sourceOf(node.target, frame), node.name)
    case 'item':
      return childOf(sourceOf(node.target, frame), evaluate(node.key, frame))
    case 'condition':
      if (holds(node.test, frame)) return sourceOf(node.yes, frame)
      return node.no === undefined ? MADE : sourceOf(node.no, frame)
    case 'or':
    case 'and':
      return holds(node.left, frame) === (node.kind === 'or') ? sourceOf(node.left, frame) : sourceOf(node.right, frame)
    case 'call':
      return node.target.kind === 'name' && LOOKUPS.has(node.target.name) ? { raw: null, text: 'AnsibleUnsafeText' } : MADE
    case 'filter':
      return sourceOfFiltered(node, frame)
    default:
      return MADE
  }
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
  return pick === undefined ? MADE : childOf(sourceOf(target, frame), pick)
}

/** What is in a list or a mapping; text that a template has put there is `str`. */
function childOf({ raw, text }: Written, key: Value): Written {
  if (raw instanceof Template || typeof raw === 'string') return MADE
  const noted = raw instanceof NotedDict ? raw.written(key) : undefined
  if (noted) return noted
  const child: Raw | undefined = Array.isArray(raw) ? raw.at(Number(key)) : raw instanceof RawDict ? raw.get(key) : null
  return { raw: child ?? null, text }
}
