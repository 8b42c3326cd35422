import t from 'tap'
import { quoteWord, splitWords } from '../../../runner/value/words.ts'

t.test('splits as a shell does', async (t) => {
  const table: [string, string[]][] = [
    ['', []],
    ['  a\tb\nc ', ['a', 'b', 'c']],
    [`a'b c'"d e"`, ['ab cd e']],
    [`'\\' "\\\\" "\\"" "\\x"`, ['\\', '\\', '"', '\\x']],
    ['a\\ b \\"', ['a b', '"']],
    [`'' ""`, ['', '']],
  ]
  for (const [line, words] of table) t.same(splitWords(line), words, line)
  t.throws(() => splitWords(`a "b`), /the quote " at character 3/)
  t.throws(() => splitWords('a\\'), /nothing follows/)
})

t.test('quotes so that it splits back', async (t) => {
  for (const word of ['a', 'a b', `it's`, '', '$x`y`', '\\', 'é']) t.same(splitWords(quoteWord(word)), [word], word)
})
