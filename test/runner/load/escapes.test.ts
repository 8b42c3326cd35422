import t from 'tap'
import { decodeEscapes } from '../../../runner/load/escapes.ts'

t.test('Python’s escapes; anything else stays', async (t) => {
  for (const [text, expected] of [
    ['a\\nb\\tc', 'a\nb\tc'],
    ['\\x41\\u00e9\\U0001f600', 'Aé😀'],
    ['\\1 \\101', '\\1 \\101'],
    ['\\\\n', '\\n'],
    ['\\\'\\"', '\'"'],
    ['\\q \\xZZ \\UFFFFFFFF', '\\q \\xZZ \\UFFFFFFFF'],
  ] as const)
    t.equal(decodeEscapes(text), expected, text)
  t.equal(decodeEscapes('\\101 \\0', { octal: true }), 'A \0')
})
