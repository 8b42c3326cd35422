/** JSON, YAML and base64. */
import { toJson } from '../../../value/convert.ts'
import type { JsonOptions } from '../../../value/convert.ts'
import { print } from '../../../value/print.ts'
import { fromJson } from '../../../value/read-json.ts'
import { truth } from '../../../value/truth.ts'
import type { Dict } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { parseYaml, parseYamlAll } from '../library/yaml-read.ts'
import { dumpYaml } from '../library/yaml-dump.ts'
import type { YamlOptions } from '../library/yaml-dump.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable, itemsOf } from '../runtime/iterate.ts'
import { checkTextLength } from '../runtime/limits.ts'
import { integer } from '../runtime/numbers.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'

export const SERIALIZE_FILTERS: readonly Filter[] = [
  filter("b64decode(encoding='utf-8')", 'The text that base64 stands for.', (input, args) => decodeBase64(print(input), bufferEncoding(args))),
  filter("b64encode(encoding='utf-8')", 'As base64.', (input, args) => {
    checkUsable(input)
    const encoding = bufferEncoding(args)
    const text = print(input)
    const last = encoding === 'latin1' ? 0xff : encoding === 'ascii' ? 0x7f : Infinity
    const beyond = [...text].find((character) => character.codePointAt(0)! > last) // eslint-disable-line @typescript-eslint/no-misused-spread
    if (beyond !== undefined) return refuseValue(`the encoding ${args.text('encoding')} has no '${beyond}'`)
    return Buffer.from(text, encoding).toString('base64')
  }),
  filter('from_json', 'The value of a JSON text.', (input) => readJson(textInput(input, 'from_json'))),
  filter('from_yaml', 'The value of a YAML text.', (input) => {
    checkUsable(input)
    return typeof input === 'string' ? parseYaml(input) : input
  }),
  filter('from_yaml_all', 'The values of the documents of a YAML text.', (input) => {
    checkUsable(input)
    return typeof input === 'string' ? parseYamlAll(input) : input
  }),
  filter('to_json(**options)', 'As JSON on one line.', (input, args) => toJson(input, jsonOptions(args.extra, {}))),
  filter('to_nice_json(indent=4, sort_keys=True, **options)', 'As JSON over several lines, keys sorted.', (input, args) =>
    toJson(input, jsonOptions(args.extra, { indent: args.wholeOrNull('indent') ?? undefined, sort: args.flag('sort_keys') })),
  ),
  filter('to_nice_yaml(indent=4, *ignored, **options)', 'As YAML with one entry a line.', (input, args) => {
    for (const fixed of ['default_flow_style', 'allow_unicode']) if (args.extra.has(fixed)) return refuseValue(`to_nice_yaml takes no '${fixed}'`)
    return yamlText(input, args.extra, { indent: args.whole('indent'), flow: false })
  }),
  filter('to_yaml(*ignored, **options)', 'As YAML, innermost lists and dicts on one line.', (input, args) => yamlText(input, args.extra, { flow: undefined })),
]

function bufferEncoding(args: Args): BufferEncoding {
  const name = args.text('encoding').toLowerCase().replaceAll('_', '-')
  const known: Readonly<Record<string, BufferEncoding>> = {
    'utf-8': 'utf8',
    utf8: 'utf8',
    ascii: 'ascii',
    'us-ascii': 'ascii',
    'latin-1': 'latin1',
    latin1: 'latin1',
    'iso-8859-1': 'latin1',
    'utf-16-le': 'utf16le',
    'utf-16le': 'utf16le',
  }
  return Object.hasOwn(known, name) ? known[name]! : refuseValue(`unknown encoding: ${name}`)
}

function decodeBase64(text: string, encoding: BufferEncoding): string {
  const clean = text.replace(/[^A-Za-z0-9+/=]/g, '')
  if (clean.replace(/=+$/, '').length % 4 === 1 || clean.length % 4 !== 0) return refuseValue('Incorrect padding: the input is not base64')
  return Buffer.from(clean, 'base64').toString(encoding)
}

function readJson(text: string): Value {
  try {
    return fromJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) return refuseValue(`the input is not JSON: ${error.message}`)
    throw error
  }
}

function jsonOptions(options: Dict, defaults: JsonOptions): JsonOptions {
  const chosen: { -readonly [K in keyof JsonOptions]: JsonOptions[K] } = { ...defaults }
  for (const [key, value] of options) {
    if (key === 'indent') chosen.indent = value === null ? undefined : smallWhole(value)
    else if (key === 'sort_keys') chosen.sort = truth(value)
    else if (key === 'ensure_ascii') chosen.ensureAscii = truth(value)
    else if (key === 'separators') {
      const [item, pair] = itemsOf(value).map(print)
      if (item === undefined || pair === undefined) return refuseValue('separators must be a pair')
      chosen.separators = [item, pair]
    } else if (!['vault_to_text', 'preprocess_unsafe', 'allow_nan', 'check_circular', 'skipkeys'].includes(print(key))) {
      return refuseValue(`to_json got an unexpected keyword argument '${print(key)}'`)
    }
  }
  return chosen
}

function yamlText(input: Value, options: Dict, defaults: YamlOptions): Value {
  const chosen: { -readonly [K in keyof YamlOptions]: YamlOptions[K] } = { ...defaults }
  for (const [key, value] of options) {
    if (key === 'indent') chosen.indent = smallWhole(value)
    else if (key === 'width') chosen.width = integer(value) === undefined ? Infinity : Number(integer(value))
    else if (key === 'sort_keys') chosen.sort = truth(value)
    else if (key === 'explicit_start') chosen.explicitStart = truth(value)
    else if (key === 'explicit_end') chosen.explicitEnd = truth(value)
    else if (key === 'default_flow_style') chosen.flow = value === null ? undefined : truth(value)
    else if (key === 'default_style') chosen.style = value === null ? undefined : print(value)
    else if (key === 'allow_unicode') chosen.allowUnicode = truth(value)
    else if (!['canonical', 'encoding', 'line_break', 'version', 'tags'].includes(print(key)))
      return refuseValue(`to_yaml got an unexpected keyword argument '${print(key)}'`)
  }
  const text = dumpYaml(input, chosen)
  checkTextLength(text.length)
  return text
}

function smallWhole(value: Value): number {
  const whole = integer(value)
  if (whole === undefined) return refuseValue(`indent must be an integer, not ${typeName(value)}`)
  return Math.max(0, Math.min(100, Number(whole)))
}
