/** Against what Python 3.11's `re` gives; the tables were written by it. */
import t from 'tap'
import { RegexError, compilePython } from '../../../runner/value/python-regex.ts'
import type { RegexFlags } from '../../../runner/value/python-regex.ts'

/** A pattern, a text, and for each match what it and its groups matched. */
type Case = [pattern: string, text: string, matches: (string | null)[][]]

/** The same for text and for bytes. */
const COMMON: Case[] = [
  ['(?<=ab)|(?<=ab)c', 'abc', [[''], ['c']]],
  ['^a$', 'a\n', [['a']]],
  ['a$', 'a\nb', []],
  ['(?m)a$', 'a\nb', [['a']]],
  ['(?m)^b', 'a\nb', [['b']]],
  ['^b', 'a\nb', []],
  ['(?m)^', 'a\nb\n', [[''], [''], ['']]],
  ['$', 'a\n', [[''], ['']]],
  ['(?m)$', 'a\nb\n', [[''], [''], ['']]],
  ['a\\Z', 'a\n', []],
  ['\\Aa', 'aa', [['a']]],
  ['a.b', 'a\rb', [['a\rb']]],
  ['a.b', 'a\nb', []],
  ['(?s)a.b', 'a\nb', [['a\nb']]],
  ['(?s:a.)b.', 'a\nb\n', []],
  ['(?i)aB[c-d]', 'AbD', [['AbD']]],
  ['a(?i:b)c', 'aBc aBC', [['aBc']]],
  ['(?i)a(?-i:b)c', 'AbC ABC', [['AbC']]],
  ['(?i:[^a])', 'aAb', [['b']]],
  ['(?i)[^a-c]+', 'abcABCd', [['d']]],
  ['(?i)[Z-a]+', 'zZ[aA^b', [['zZ[aA^']]],
  ['(?x) a  b # c', 'ab', [['ab']]],
  ['(?x)a b # c\n + c', 'abbc', [['abbc']]],
  ['(?x)[ #]+\\ ', '# # ', [['# # ']]],
  ['a(?x: b )c', 'abc', [['abc']]],
  ['(?x)(?i) a', 'A', [['A']]],
  ['(?#x)(?i)a', 'A', [['A']]],
  ['(?i)(?m)^a', 'A\na', [['A'], ['a']]],
  ['\\d+\\s\\w', '12\t_', [['12\t_']]],
  ['[\\S]+', ' ab ', [['ab']]],
  ['[]a]+', ']a', [[']a']]],
  ['[^]a]+', ']b', [['b']]],
  ['[a-c.*-]+', 'b.*-', [['b.*-']]],
  ['[-a]+', 'a-b', [['a-']]],
  ['[\\w.-]+', 'a.b-c d', [['a.b-c'], ['d']]],
  ['[^\\W\\d]+', '1ab2', [['ab']]],
  ['[\\D]+', '1ab2', [['ab']]],
  ['a{,2}b', 'aaab', [['aab']]],
  ['a{x}', 'a{x}', [['a{x}']]],
  ['a{2}', 'aaa', [['aa']]],
  ['a{,}', 'aa', [['aa'], ['']]],
  ['a{}', 'aa{}', [['a{}']]],
  ['a{2,}?', 'aaaa', [['aa'], ['aa']]],
  ['a{0,1}?b', 'ab', [['ab']]],
  ['/}]', '/}]', [['/}]']]],
  ['a(?#c)*', 'aaa', [['aaa'], ['']]],
  ['(?x)a *', 'aaa', [['aaa'], ['']]],
  ['(?P<q>[\'"]).*?(?P=q)', 'x\'"y"\'', [['\'"y"\'', "'"]]],
  ['(a)\\1', 'aaa', [['aa', 'a']]],
  [
    '(?:(a)\\1|b)',
    'aab',
    [
      ['aa', 'a'],
      ['b', null],
    ],
  ],
  ['(a)(?:\\1b)*', 'aabab', [['aabab', 'a']]],
  [
    '(a)(b)?',
    'aab',
    [
      ['a', 'a', null],
      ['ab', 'a', 'b'],
    ],
  ],
  [
    '(.)',
    'ab',
    [
      ['a', 'a'],
      ['b', 'b'],
    ],
  ],
  ['\\x41\\101\\n\\0', 'AA\n\u0000', [['AA\n\u0000']]],
  ['[\\1\\b\\x41-\\103]+', '\u0001\bABCD', [['\u0001\bABC']]],
  ['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10', 'abcdefghijj', [['abcdefghijj', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']]],
  ['\\a\\f\\v\\t', '\u0007\f\u000b\t', [['\u0007\f\u000b\t']]],
  ['(?<=a)b(?!c)', 'abcab', [['b']]],
  ['(?<!a)b', 'abb', [['b']]],
  ['(?<=(a))b', 'ab', [['b', 'a']]],
  ['(?<=\\bab)c', 'abc xabc', [['c']]],
  ['a(?=(b))', 'ab', [['a', 'b']]],
  ['(?:(?=a))*a', 'a', [['a']]],
  ['a(?#nothing)b', 'ab', [['ab']]],
  ['\\bfoo\\b', 'a foo food', [['foo']]],
  ['\\Boo', 'foo oo', [['oo']]],
  ['\\B', '', []],
  ['\\B', 'a b', []],
  ['\\b', 'a b', [[''], [''], [''], ['']]],
  ['\\.\\-\\ \\#\\_', '.- #_', [['.- #_']]],
  ['x*', 'abxd', [[''], [''], ['x'], [''], ['']]],
  ['', 'ab', [[''], [''], ['']]],
  ['|a', 'aa', [[''], ['a'], [''], ['a'], ['']]],
  ['a|', 'ba', [[''], ['a'], ['']]],
  ['a??', 'aa', [[''], ['a'], [''], ['a'], ['']]],
  ['a*?', 'baa', [[''], [''], ['a'], [''], ['a'], ['']]],
  ['(?<=a)|b', 'ab', [[''], ['b']]],
  ['(?=b)|b', 'abb', [[''], ['b'], [''], ['b']]],
  ['\\b|:+', 'a::b', [[''], [''], ['::'], [''], ['']]],
  ['^|a', 'aa', [[''], ['a'], ['a']]],
  ['$|\\n', 'a\n', [[''], ['\n'], ['']]],
  [
    '(a)|(b)',
    'ab',
    [
      ['a', 'a', null],
      ['b', null, 'b'],
    ],
  ],
  [
    '(?:(a)|b)c',
    'acbc',
    [
      ['ac', 'a'],
      ['bc', null],
    ],
  ],
  ['(a)+', 'aaa', [['aaa', 'a']]],
  ['(?:(a)x?)+', 'axa', [['axa', 'a']]],
  ['((a)|b){2}', 'ba', [['ba', 'a', 'a']]],
]

const UNICODE: Case[] = [
  ['(?<=😀)|(?<=😀)c', '😀c', [[''], ['c']]],
  ['\\w+', 'aé_ß１² \u0345-日本', [['aé_ß１²'], ['日本']]],
  ['\\W', 'é²_‿ \u0345', [['‿'], [' '], ['\u0345']]],
  ['[\\W]+', 'a‿_＿!\n', [['‿'], ['＿!\n']]],
  ['[^\\W_]+', 'é_²', [['é'], ['²']]],
  ['\\d+', '1٣²१', [['1٣'], ['१']]],
  ['\\D', '1٣²', [['²']]],
  ['\\s+', 'a\u001c\u0085\u00a0\u2028\u3000b', [['\u001c\u0085\u00a0\u2028\u3000']]],
  ['\\s', '\ufeff\u200b', []],
  ['\\S+', '\ufeff \u200b', [['\ufeff'], ['\u200b']]],
  ['\\bé', 'éa xé', [['é']]],
  ['(?a)\\w+', 'aé_', [['a'], ['_']]],
  ['(?a)\\bb', 'éb', [['b']]],
  ['(?a:\\w+)é', 'aé', [['aé']]],
  ['(?a)\\w(?u:\\w)', 'aé éa', [['aé']]],
  ['(?a)[\\W]', 'aé', [['é']]],
  ['(?u)\\w', 'é', [['é']]],
  ['(?i)é', 'Éé', [['É'], ['é']]],
  ['(?i)i', 'iIıİ', [['i'], ['I'], ['ı'], ['İ']]],
  ['(?i)K', 'kKK', [['k'], ['K'], ['K']]],
  ['(?i)s', 'sSſ', [['s'], ['S'], ['ſ']]],
  ['(?i)ß', 'ßẞs', [['ß'], ['ẞ']]],
  ['(?i)σ', 'σςΣ', [['σ'], ['ς'], ['Σ']]],
  ['(?i)[α-ω]+', 'ΑΩς', [['ΑΩς']]],
  ['(?i)[^é]', 'Éé', []],
  ['(?i)µ', 'µμΜ', [['µ'], ['μ'], ['Μ']]],
  ['(?i)ﬅ', 'ﬆ', [['ﬆ']]],
  ['(?i)Ǆ', 'ǅǆ', [['ǅ'], ['ǆ']]],
  ['(?i)𐐀', '𐐨', [['𐐨']]],
  ['(?i)[𐐀-𐐂]', '𐐩', [['𐐩']]],
  ['a(?i:É)É', 'aéÉ aéé', [['aéÉ']]],
  ['(?i)a(?-i:É)', 'Aé AÉ', [['AÉ']]],
  ['(?ai)é', 'Éé', [['é']]],
  ['(?ai)k', 'kKK', [['k'], ['K']]],
  ['(?ai)[a-z]+', 'Kſ', [['K']]],
  ['(?i)(é)\\1', 'éÉ', [['éÉ', 'é']]],
  ['(?i)(a)b\\1', 'aBA', [['aBA', 'a']]],
  ['.', '😀a', [['😀'], ['a']]],
  ['[😀]', '😀', [['😀']]],
  ['😀{2}', '😀😀', [['😀😀']]],
  ['(?<=😀)a', '😀a', [['a']]],
  ['', '😀a', [[''], [''], ['']]],
  ['x*', '😀x', [[''], ['x'], ['']]],
  ['x*?', '😀x', [[''], [''], ['x'], ['']]],
  ['\\B', '😀a', [['']]],
  ['[^a]', '😀', [['😀']]],
  ['(?!😀)', '😀', [['']]],
  ['\\u00e9\\U0001f600', 'é😀', [['é😀']]],
  ['(?P<é>a)(?P=é)', 'aa', [['aa', 'a']]],
]

const BYTES: Case[] = [
  ['\\w+', 'aé_', [['a'], ['_']]],
  ['\\W', 'é', [['é']]],
  ['[^\\w]', 'é', [['é']]],
  ['\\s', '\u00a0\u0085\u001c', []],
  ['\\S', '\u00a0\u001c', [['\u00a0'], ['\u001c']]],
  ['\\d', '1²', [['1']]],
  ['(?i)é', 'éÉ', [['é']]],
  ['(?i)[à-ÿ]', 'àÀ', [['à']]],
  ['(?i)k[^l]', 'KLkm', [['km']]],
  ['\\bb', 'éb', [['b']]],
  ['(?a)\\w', 'éa', [['a']]],
  ['.', 'é', [['é']]],
  ['\\xe9', 'é', [['é']]],
]

/** What Python refuses. */
const WRONG = [
  '(',
  ')',
  'a)',
  '[a',
  '[',
  '[]',
  '[^]',
  '*a',
  'a**',
  'a*?*',
  'a|*',
  '^*',
  '\\b+',
  '$?',
  '(?i)*',
  'a{2,1}',
  '[b-a]',
  '[\\w-a]',
  '[a-\\d]',
  '\\q',
  '\\z',
  '[\\A]',
  '[\\8]',
  'a\\',
  '[\\',
  '(?P<a>x)(?P<a>y)',
  '(?P=a)',
  '(?P<1>a)',
  '(?P<a',
  '(?P<>a)',
  '(?<a>b)',
  '(?P>a)',
  '\\1',
  '(a\\1)',
  '\\8',
  '\\400',
  '[\\777]',
  '\\x4',
  '\\u12',
  '\\U00110000',
  'a(?i)b',
  '(?i',
  '(?L)a',
  '(?au)a',
  '(?a)(?u)a',
  '(?i-i:a)',
  '(?-a:b)',
  '(?i-)a',
  '(?',
  '(?#a',
  '(?<=a*)b',
  '(?<=a|bc)d',
  '(?<!a{1,2})b',
  '(?<=(a)\\1)b',
  '(?i-:a)',
]
const WRONG_FOR_BYTES = ['(?u)a', '(?u:a)', '\\u00e9', '[\\u00e9]']

/** A pattern, a text, a replacement, and what it becomes. */
const EXPANDED: [string, string, string, string][] = [
  ['(a)(?P<n>b)', 'ab', '\\2\\g<1>\\g<n>\\g<0>', 'babab'],
  ['(a)|(b)', 'a', '[\\2]', '[]'],
  ['a', 'a', '\\n\\t\\\\\\-\\101', '\n\t\\\\-A'],
  ['a', 'a', '\\a\\b\\f\\r\\v\\0\\08\\é', '\u0007\b\f\r\u000b\u0000\u00008\\é'],
  ['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)', 'abcdefghij', '\\10\\1\\101', 'jaA'],
  ['a', 'a', '$& $1', '$& $1'],
  ['(?P<n>a)', 'a', '\\g<n>x\\g<01>', 'axa'],
]

function matches(pattern: string, text: string, flags?: RegexFlags): (string | null)[][] {
  const regex = compilePython(pattern, flags)
  return [...regex.matchAll(text)].map((match) => [match.text, ...Array.from({ length: regex.groups }, (_, index) => match.group(index + 1))])
}

/** tap takes U+0085 and U+2028 for ends of lines. */
function nameOf(pattern: string, text: string): string {
  return JSON.stringify([pattern, text]).replace(/[^ -~]/g, (unit) => `\\u{${unit.charCodeAt(0).toString(16)}}`)
}

/** What a RegexError says; '' where there is none. */
function sentenceOf(work: () => unknown): string {
  try {
    work()
    return ''
  } catch (error) {
    if (error instanceof RegexError) return error.message
    throw error
  }
}

t.test('matches what Python matches', async (t) => {
  for (const [pattern, text, expected] of [...COMMON, ...UNICODE]) t.same(matches(pattern, text), expected, nameOf(pattern, text))
  for (const [pattern, text, expected] of [...COMMON, ...BYTES]) {
    t.same(matches(pattern, text, { ascii: true }), expected, `bytes ${nameOf(pattern, text)}`)
  }
})

t.test('search, match and fullmatch', async (t) => {
  const regex = compilePython('a|ab')
  t.match(regex.search('xab'), { start: 1, end: 2, text: 'a' })
  t.equal(regex.matchAt('xab'), null)
  t.match(regex.matchAt('ab'), { start: 0, end: 1 })
  t.match(regex.matchWhole('ab'), { start: 0, end: 2 })
  t.equal(regex.matchWhole('ab\n'), null)
  t.equal(regex.search('x'), null)
  t.match(compilePython('a$').search('😀a\n'), { start: 2, end: 3 })
})

t.test('flags of the caller', async (t) => {
  t.equal(compilePython('^É.', { ignoreCase: true, multiline: true, dotAll: true }).search('a\né\n')?.text, 'é\n')
  t.equal(compilePython('^a', { multiline: false }).search('b\na'), null)
  t.equal(compilePython('(?-i:a)', { ignoreCase: true }).search('A'), null)
  t.equal(compilePython('É', { ignoreCase: true, ascii: true }).search('é'), null)
})

t.test('names', async (t) => {
  const regex = compilePython('(?P<key>\\w+)=(\\w*)(?P<é>;)?')
  t.same(
    [...regex.names],
    [
      ['key', 1],
      ['é', 3],
    ],
  )
  t.equal(regex.groups, 3)
  const match = regex.search('a=b')!
  t.same(
    [0, 1, 2, 3].map((number) => match.group(number)),
    ['a=b', 'a', 'b', null],
  )
  t.match(
    sentenceOf(() => match.group(4)),
    /has no group 4/,
    'group 4',
  )
})

t.test('classes and their opposites share all characters', async (t) => {
  for (const flags of [{}, { ascii: true }]) {
    for (const letter of ['d', 's', 'w']) {
      const [is, isNot] = [compilePython(`[\\${letter}]`, flags), compilePython(`[\\${letter.toUpperCase()}]`, flags)]
      const wrong: number[] = []
      for (let code = 0; code <= 0x1ffff; code++) {
        const character = String.fromCodePoint(code)
        if ((is.matchAt(character) === null) === (isNot.matchAt(character) === null)) wrong.push(code)
      }
      t.same(wrong, [], letter)
    }
  }
})

t.test('refuses with a sentence what is wrong or cannot be said', async (t) => {
  const table: [string, RegExp][] = [
    ['(', /a parenthesis is not closed/],
    [')', /closed that was not opened/],
    ['[a', /a character set is not closed/],
    ['*a', /nothing to repeat/],
    ['^*', /nothing to repeat/],
    ['a**', /multiple repeat/],
    ['a*+', /possessive quantifiers/],
    ['(?>a)', /atomic groups/],
    ['(a)?(?(1)b|c)', /conditional groups/],
    ['a{2,1}', /a minimum above its maximum/],
    ['[b-a]', /bad character range/],
    ['[\\w-z]', /begins with a class/],
    ['[+-\\d]', /ends in a class/],
    ['\\q', /bad escape/],
    ['\\N{DIGIT ONE}', /bad escape/],
    ['\\400', /above \\377/],
    ['\\U00110000', /stands for no character/],
    ['a\\', /nothing follows/],
    ['(?P<a>x)(?P<a>y)', /defined twice/],
    ['(?P=a)', /no group 'a'/],
    ['\\1', /group 1 is not there/],
    ['(a)?\\1', /may not take part/],
    ['(?:(a)|b)\\1', /may not take part/],
    ['(?!(a))\\1', /may not take part/],
    ['(?i:(a)\\1)b', /ignores case/],
    ['a(?i)b', /at its start/],
    ['(?L)a', /depends on a locale/],
    ['(?a)(?u)a', /exclude each other/],
    ['(?i-i:a)', /turned on and off/],
    ['(?<=a|bc)d', /has to have one length/],
    ['(?<=(a)\\1)b', /its own group 1/],
    ['(?:a??)*', /would rather match nothing/],
    ['(?:|a)+', /would rather match nothing/],
    ['(?:(?:a|b*|c)d?){1,2}', /would rather match nothing/],
    ['('.repeat(100_000), /nested more than 200 deep/],
  ]
  for (const [pattern, message] of table)
    t.match(
      sentenceOf(() => compilePython(pattern)),
      message,
      pattern.slice(0, 40),
    )
  for (const pattern of WRONG)
    t.match(
      sentenceOf(() => compilePython(pattern)),
      /^the regular expression '/,
      pattern,
    )
  for (const pattern of [...WRONG, ...WRONG_FOR_BYTES])
    t.match(
      sentenceOf(() => compilePython(pattern, { ascii: true })),
      /^the regular expression '/,
      pattern,
    )
  t.match(
    sentenceOf(() => compilePython('(?i)(a)\\1', { ascii: true })),
    /in ASCII alone/,
    'bytes',
  )
})

t.test('limits', async (t) => {
  t.equal(
    compilePython(`${'('.repeat(199)}a${')'.repeat(199)}`)
      .search('ba')
      ?.group(199),
    'a',
  )
  t.match(
    sentenceOf(() => compilePython('a'.repeat(200_000)).search('a')),
    /too large/,
    'a large pattern',
  )
  t.match(
    sentenceOf(() => compilePython('(?:a|b)*c').search('ab'.repeat(5_000_000))),
    /the text is too long/,
    'a long text',
  )
})

t.test('a group of which JavaScript does not know what Python says cannot be read', async (t) => {
  const groups = (pattern: string, text: string) => () => matches(pattern, text)
  t.same(groups('(?:(a)|b)+', 'ba')(), [['ba', 'a']])
  const search = (pattern: string, text: string): string | null | undefined => compilePython(pattern).search(text)?.group(1)
  t.strictSame([search('(ab)*', 'c'), search('(\\w,)*', 'a,b,c'), search('(a)?(?:b|(c))', 'b')], [null, 'b,', null], 'not forgotten')
  t.match(sentenceOf(groups('(?:(a)|b)+', 'ab')), /several or none of group 1/, 'forgotten')
  t.match(sentenceOf(groups('(a*)*', 'b')), /several or none of group 1/, 'nothing at last')
  t.match(sentenceOf(groups('(a*)?', 'b')), /several or none of group 1/, 'nothing at all')
  t.match(sentenceOf(groups('(?<=(?:(a)|(b)){2})', 'ab')), /several or none of group 1/, 'from the end')
  t.equal(compilePython('(?:(a)|b)+').search('ab')?.text, 'ab')
})

t.test('expands references', async (t) => {
  const expand = (pattern: string, text: string, replacement: string) => {
    const regex = compilePython(pattern)
    return regex.replacement(replacement)(regex.search(text)!)
  }
  for (const [pattern, text, replacement, expected] of EXPANDED) t.equal(expand(pattern, text, replacement), expected, replacement)
  t.match(
    sentenceOf(() => expand('(?:(a)|b)+', 'ab', '\\1')),
    /a repeat makes several/,
    'a repeat',
  )
})

t.test('refuses a wrong replacement before there is a match', async (t) => {
  const table: [string, RegExp][] = [
    ['\\1', /^the line refers to group 1, but the regular expression 'a' has none$/],
    ['\\g<2>', /^the line refers to group 2/],
    ['\\g<n>', /refers to a group 'n' that the regular expression 'a' does not have/],
    ['\\g<>', /refers to a group ''/],
    ['\\g', /bad escape \\g in the line/],
    ['\\q', /bad escape \\q in the line/],
    ['\\x41', /bad escape \\x in the line/],
    ['\\400', /above \\377/],
    ['a\\', /nothing follows the last backslash of the line/],
  ]
  for (const [replacement, message] of table)
    t.match(
      sentenceOf(() => compilePython('a').replacement(replacement, 'the line')),
      message,
      replacement,
    )
  t.match(
    sentenceOf(() => compilePython('(a)').replacement('\\2')),
    /^the replacement refers to group 2, .* has only 1$/,
    'the name of it',
  )
})
