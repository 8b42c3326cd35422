import t from 'tap'
import { compilePython } from '../../../modules/shared/python-regex.ts'

const found = (pattern: string, text: string) => compilePython(pattern).search(text)?.[0]

t.test('matches what Python matches', async (t) => {
  const table: [string, string, string | undefined][] = [
    ['^a$', 'a\n', 'a'],
    ['a$', 'a\nb', undefined],
    ['(?m)a$', 'a\nb', 'a'],
    ['(?m)^b', 'a\nb', 'b'],
    ['^b', 'a\nb', undefined],
    ['a\\Z', 'a\n', undefined],
    ['\\Aa', 'a', 'a'],
    ['a.b', 'a\rb', 'a\rb'],
    ['a.b', 'a\nb', undefined],
    ['(?s)a.b', 'a\nb', 'a\nb'],
    ['(?i)aB[c-d]', 'AbD', 'AbD'],
    ['a(?i:b)c', 'aBc', 'aBc'],
    ['a(?i:b)c', 'aBC', undefined],
    ['(?x) a  b # c', 'ab', 'ab'],
    ['\\d+\\s\\w', '12\t_', '12\t_'],
    ['\\w+', 'é', undefined],
    ['[\\S]+', ' ab ', 'ab'],
    ['[]a]+', ']a', ']a'],
    ['[^]a]+', ']b', 'b'],
    ['[a-c.*-]+', 'b.*-', 'b.*-'],
    ['a{,2}b', 'aaab', 'aab'],
    ['a{x}', 'a{x}', 'a{x}'],
    ['a{2}', 'aaa', 'aa'],
    ['/}]', '/}]', '/}]'],
    ['(?P<q>[\'"]).*?(?P=q)', `x'"y"'`, `'"y"'`],
    ['(a)\\1', 'aa', 'aa'],
    ['\\x41\\101\\n', 'AA\n', 'AA\n'],
    ['(?<=a)b(?!c)', 'abcab', 'b'],
    ['a(?#nothing)b', 'ab', 'ab'],
    ['\\bfoo\\b', 'a foo', 'foo'],
    ['\\.\\-\\ \\#', '.- #', '.- #'],
  ]
  for (const [pattern, text, expected] of table) t.equal(found(pattern, text), expected, `${pattern} in ${JSON.stringify(text)}`)
})

t.test('refuses with a sentence what is wrong or cannot be said', async (t) => {
  const table: [string, RegExp][] = [
    ['(', /a parenthesis is not closed/],
    [')', /closed that was not opened/],
    ['[a', /a character set is not closed/],
    ['*a', /nothing to repeat/],
    ['a**', /multiple repeat/],
    ['a*+', /possessive quantifiers/],
    ['(?>a)', /atomic groups/],
    ['(a)?(?(1)b|c)', /conditional groups/],
    ['a{2,1}', /a minimum above its maximum/],
    ['[b-a]', /bad character range/],
    ['\\q', /bad escape/],
    ['a\\', /nothing follows/],
    ['(?P<a>x)(?P<a>y)', /defined twice/],
    ['(?P=a)', /no group 'a'/],
    ['\\1', /group 1 is not there/],
    ['(a)?\\1', /may not take part/],
    ['(?i)(a)\\1', /ignores case/],
    ['a(?i)b', /at its start/],
  ]
  for (const [pattern, message] of table) t.throws(() => compilePython(pattern), message, pattern)
})

t.test('expands references', async (t) => {
  const expand = (pattern: string, text: string, replacement: string) => {
    const regex = compilePython(pattern)
    return regex.expand(regex.search(text)!, replacement)
  }
  t.equal(expand('(a)(?P<n>b)', 'ab', '\\2\\g<1>\\g<n>\\g<0>'), 'babab')
  t.equal(expand('(a)|(b)', 'a', '[\\2]'), '[]')
  t.equal(expand('a', 'a', '\\n\\t\\\\\\-\\101'), '\n\t\\\\-A')
  t.throws(() => expand('a', 'a', '\\1'), /refers to group 1/)
  t.throws(() => expand('a', 'a', '\\g<n>'), /does not have/)
  t.throws(() => expand('a', 'a', '\\q'), /bad escape/)
  t.throws(() => expand('(?:(a)|b)+', 'ab', '\\1'), /a repeat makes several/)
})
