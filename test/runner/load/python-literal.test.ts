import t from 'tap'
import { readPythonLiteral } from '../../../runner/load/python-literal.ts'
import { repr } from '../../../runner/value/print.ts'

t.test("what Python's ast.literal_eval reads; tuples as lists", async (t) => {
  for (const [text, expected] of Object.entries({
    '1': '1',
    '-5': '-5',
    '+ 5': '5',
    '1_000': '1000',
    '0x1F': '31',
    '0o17': '15',
    '0b101': '5',
    '00': '0',
    '1.': '1.0',
    '.5e1': '5.0',
    '1e3': '1000.0',
    '12345678901234567890': '12345678901234567890',
    True: 'True',
    None: 'None',
    '"a\\tb"': "'a\\tb'",
    "r'a\\n'": "'a\\\\n'",
    '\'a\' "b"': "'ab'",
    '1,2': '[1, 2]',
    '1,': '[1]',
    '()': '[]',
    '(1)': '1',
    '(1,)': '[1]',
    '(1, (2, 3))': '[1, [2, 3]]',
    "[1, 'a', None,]": "[1, 'a', None]",
    '[]': '[]',
    "{'a': [1], 2: {}}": "{'a': [1], 2: {}}",
    '5 # five': '5',
  }))
    t.equal(repr(readPythonLiteral(text)!), expected, text)
  for (const text of [
    '',
    '0644',
    '007',
    '1__0',
    '1_',
    '--5',
    '1+2',
    'yes',
    'true',
    '[1',
    '[1,,2]',
    '(,)',
    "{'a'}",
    '{1, 2}',
    '"open',
    '1.2.3',
    'a b',
    '[a]',
    "{'a': }",
  ])
    t.equal(readPythonLiteral(text), undefined, text)
})
