/** Jinja2's filters on text. */
import { toJson } from '../../../value/convert.ts'
import { print } from '../../../value/print.ts'
import { Dict, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { formatPercent } from '../runtime/format.ts'
import { characterCount, checkUsable, isIterable, itemsOf, sliceText } from '../runtime/iterate.ts'
import { checkTextLength, repeatText } from '../runtime/limits.ts'
import { capitalize, center, replaceText, splitLines, splitText, strip } from '../runtime/methods.ts'
import { alias, filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { escapeHtml, striptags, urlize } from '../library/html.ts'
import { prettyPrint } from '../library/pretty-print.ts'
import { wrapText } from '../library/text-wrap.ts'

const escape = filter('escape', 'Replaces `&`, `<`, `>` and quotes by their HTML entities.', (input) => escapeHtml(print(input)))

export const TEXT_FILTERS: readonly Filter[] = [
  filter('capitalize', 'The first character in upper case, all others in lower case.', (input) => capitalize(print(input))),
  filter('center(width=80)', 'Centres the text in a field.', (input, args) => center(print(input), args.whole('width'))),
  escape,
  alias('e', escape),
  filter('forceescape', 'As `escape`, also for text that is escaped already.', (input) => escapeHtml(print(input))),
  filter('format(*values, **named)', 'Fills a `%` format with values: `"%s is %d" | format(name, size)`.', (input, args) =>
    formatPercent(print(input), args.extra.size > 0 ? args.extra : new Tuple(args.rest)),
  ),
  filter('indent(width=4, first=False, blank=False)', 'Indents every line but the first.', indent),
  filter('lower', 'In lower case.', (input) => print(input).toLowerCase()),
  filter('pprint', 'As Python prints it over several lines.', (input) => prettyPrint(input)),
  filter('replace(old, new, count=None)', 'Replaces a text by another, everywhere or `count` times.', (input, args) =>
    replaceText(print(input), args.printed('old'), args.printed('new'), args.wholeOrNull('count') ?? -1),
  ),
  filter('safe', 'Marks text as safe HTML; nothing is escaped here by itself.', (input) => print(input)),
  filter('split(separator=None, maxsplit=-1)', 'Splits at a separator, or at white space.', (input, args) => {
    checkUsable(input)
    if (typeof input !== 'string') return refuseValue("filter 'split' needs a string")
    return splitText(input, args.textOrNull('separator') ?? undefined, args.whole('maxsplit'), false)
  }),
  filter('string', 'As text.', (input) => print(input)),
  filter('striptags', 'Without HTML tags, and with white space made single.', (input) => striptags(print(input))),
  filter('title', 'Every word with a capital first letter.', (input) => jinjaTitle(print(input))),
  filter('tojson(indent=None)', 'As JSON that may stand in HTML.', toJsonFilter),
  filter('trim(chars=None)', 'Without white space, or the given characters, at both ends.', (input, args) =>
    strip(print(input), args.textOrNull('chars') ?? undefined, true, true),
  ),
  filter("truncate(length=255, killwords=False, end='...', leeway=5)", 'Cuts text that is longer than a length.', truncate),
  filter('upper', 'In upper case.', (input) => print(input).toUpperCase()),
  filter('urlencode', 'Quotes text for a URL; a dict or a list of pairs becomes a query string.', (input) => urlencode(input)),
  filter('urlize(trim_url_limit=None, nofollow=False, target=None, rel=None, extra_schemes=None)', 'Makes links of the URLs in text.', (input, args) =>
    urlize(print(input), {
      limit: args.wholeOrNull('trim_url_limit') ?? undefined,
      nofollow: args.flag('nofollow'),
      target: args.textOrNull('target') ?? undefined,
      rel: args.textOrNull('rel') ?? undefined,
      extraSchemes: args.value('extra_schemes') === null ? [] : args.list('extra_schemes').map(print),
    }),
  ),
  filter('wordcount', 'How many words the text has.', (input) => print(input).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  filter('wordwrap(width=79, break_long_words=True, wrapstring=None, break_on_hyphens=True)', 'Wraps lines at a width.', wordwrap),
  filter('xmlattr(autospace=True)', 'A dict as attributes of an XML or HTML element.', xmlattr),
]

function indent(input: Value, args: Args): Value {
  const given = args.value('width')
  const margin = typeof given === 'string' ? given : repeatText(' ', args.whole('width'))
  // As in Jinja2: the line break that is added makes an empty last line count.
  const lines = splitLines(`${textInput(input, 'indent')}\n`)
  checkTextLength(lines.length * margin.length)
  const text = lines.map((line, index) => (index === 0 || (line === '' && !args.flag('blank')) ? line : margin + line)).join('\n')
  return args.flag('first') ? margin + text : text
}

function jinjaTitle(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((word) => capitalize(word))
    .join('')
}

function toJsonFilter(input: Value, args: Args): Value {
  const indentBy = args.wholeOrNull('indent')
  const text = toJson(input, { sort: true, ...(indentBy === null ? {} : { indent: indentBy }) })
  return text.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026').replaceAll("'", '\\u0027')
}

function truncate(input: Value, args: Args): Value {
  const length = args.whole('length')
  const end = args.text('end')
  const room = length - characterCount(end)
  if (room < 0) return refuseValue(`expected length >= ${characterCount(end)}, got ${length}`)
  if (typeof input !== 'string' && isIterable(input) && itemsOf(input).length <= length + args.whole('leeway')) return input
  const text = textInput(input, 'truncate')
  if (args.whole('leeway') < 0) return refuseValue(`expected leeway >= 0, got ${args.whole('leeway')}`)
  if (characterCount(text) <= length + args.whole('leeway')) return text
  const cut = sliceText(text, 0, room)
  if (args.flag('killwords')) return cut + end
  const lastSpace = cut.lastIndexOf(' ')
  return (lastSpace < 0 ? cut : cut.slice(0, lastSpace)) + end
}

function urlencode(input: Value): string {
  checkUsable(input)
  if (typeof input === 'string' || !isIterable(input)) return quoteUrl(print(input), false)
  const pairs = input instanceof Dict ? [...input] : itemsOf(input).map((pair) => itemsOf(pair))
  for (const pair of pairs) if (pair.length !== 2) return refuseValue(`not enough values to unpack (expected 2, got ${pair.length})`)
  return pairs.map(([key = null, value = null]) => `${quoteUrl(print(key), true)}=${quoteUrl(print(value), true)}`).join('&')
}

/** Half a surrogate pair, which no encoding has, becomes the replacement character. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}

/** Percent-encodes as Jinja2's `url_quote`: in a query string the slash too, and a space as `+`. */
function quoteUrl(text: string, forQuery: boolean): string {
  const quoted = encodeURIComponent(wellFormed(text)).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return forQuery ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/')
}

function wordwrap(input: Value, args: Args): Value {
  const newline = args.textOrNull('wrapstring') ?? '\n'
  const width = args.whole('width')
  if (width <= 0) return refuseValue(`invalid width ${width} (must be > 0)`)
  const options = { breakLongWords: args.flag('break_long_words'), breakOnHyphens: args.flag('break_on_hyphens') }
  return splitLines(textInput(input, 'wordwrap'))
    .map((line) => wrapText(line, width, options).join(newline))
    .join(newline)
}

function xmlattr(input: Value, args: Args): Value {
  checkUsable(input)
  if (!(input instanceof Dict)) return refuseValue("filter 'xmlattr' needs a dict")
  const parts: string[] = []
  for (const [key, value] of input) {
    if (value === null || value instanceof Undefined) continue
    const name = print(key)
    if (/[\s/>=]/.test(name)) return refuseValue(`Invalid character in attribute name: '${name}'`)
    parts.push(`${escapeHtml(name)}="${escapeHtml(print(value))}"`)
  }
  const text = parts.join(' ')
  return args.flag('autospace') && text !== '' ? ` ${text}` : text
}
