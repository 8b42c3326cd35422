import { execFileSync } from 'node:child_process'
import t from 'tap'
import { parseConfig } from '../../../runner/value/config-parser.ts'

const TEXTS = [
  '[a]\nx = 1\nY: two\n',
  '[a]\n# c\nx = 1 # kept\n; c\n\n[b]\nx=\n',
  '[a]\nlong = one\n  two\n\n  three\nnext = 1\n',
  '[DEFAULT]\nhome = /srv\n[a]\npath = %(home)s/a\n[b]\nhome = /b\npath = %(home)s/b %%\n',
  '[a b]\nkey with spaces = v\n  \n',
  '  [indented]\n  x = 1\n  y = 2\n',
  '[a]\nx = %(missing)s\n',
  '[a]\nx = 5%\n',
  '[a]\nx = 1\nx = 2\n',
  '[a]\n[a]\n',
  'x = 1\n',
  '[a]\nno value\n',
  '[a]\n= v\n',
  '[a]\nx = a = b : c\n',
  '',
]

const PYTHON = `
import configparser, json, sys
result = []
for text in json.load(sys.stdin):
    parser = configparser.ConfigParser()
    try:
        parser.read_string(text)
        result.append({section: {option: parser.get(section, option) for option in parser.options(section)} for section in parser.sections()})
    except configparser.Error:
        result.append(None)
print(json.dumps(result))
`

t.test('as Python’s own parser', async (t) => {
  const expected = JSON.parse(execFileSync('python3', ['-c', PYTHON], { input: JSON.stringify(TEXTS), encoding: 'utf8' })) as unknown[]
  for (const [index, text] of TEXTS.entries()) {
    let found: unknown
    try {
      found = Object.fromEntries([...parseConfig(text)].map(([name, options]) => [name, Object.fromEntries(options)]))
    } catch (error) {
      t.type(error, SyntaxError)
      found = null
    }
    t.strictSame(found, expected[index], JSON.stringify(text))
  }
})
