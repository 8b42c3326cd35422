/** `type_debug`: which type Ansible's text has is found by where it comes from. */
import t from 'tap'
import { Jinja } from '../../../runner/resolve/jinja/index.ts'
import { Evaluator, Variables } from '../../../runner/resolve/variables.ts'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { Dict, NotedDict, RawDict, Template, Vaulted } from '../../../runner/value/value.ts'

const template = (text: string): Template => new Template(text, { file: new SourceFile('a.yml', text), start: 0, end: text.length })

const TYPES: Readonly<Record<string, string>> = {
  yaml: 'AnsibleUnicode',
  'list[0]': 'AnsibleUnicode',
  'map.k': 'AnsibleUnicode',
  "map['t']": 'AnsibleUnicode',
  alone: 'AnsibleUnicode',
  joined: 'str',
  'whole[0]': 'str',
  fact: 'AnsibleUnsafeText',
  'result.stdout': 'AnsibleUnsafeText',
  ini: 'str',
  secret: 'AnsibleVaultEncryptedUnicode',
  revealed: 'AnsibleUnsafeText',
  "'literal'": 'str',
  'yaml | upper': 'str',
  'yaml[0]': 'str',
  'yaml | string': 'NativeJinjaText',
  'yaml | e': 'Markup',
  "missing | default('x')": 'str',
  'missing | default(yaml)': 'AnsibleUnicode',
  'list | first': 'AnsibleUnicode',
  "yaml if yaml else 'x'": 'AnsibleUnicode',
  'list | length': 'int',
  missing: 'AnsibleUndefined',
}

t.test('types of text', async (t) => {
  const variables = new Variables()
  const range = { file: new SourceFile('a.yml', ''), start: 0, end: 0 }
  variables.add(
    'play vars',
    new RawDict([
      ['yaml', 'text'],
      ['list', ['a', template('x{{ yaml }}')]],
      [
        'map',
        new RawDict([
          ['k', 'v'],
          ['t', template('{{ yaml }}')],
        ]),
      ],
      ['alone', template('{{ yaml }}')],
      ['joined', template('x{{ yaml }}')],
      ['whole', template('{{ list }}')],
      ['secret', new Vaulted('…', range, () => 'plain')],
      ['revealed', template('{{ secret }}')],
    ]),
  )
  variables.add('facts', new Map([['fact', 'f']]))
  variables.add('set_fact and register', new RawDict([['result', Dict.of({ stdout: 'out' })]]))
  const host = new NotedDict([['ini', 'i']])
  host.note('ini', 'str')
  variables.add('inventory host vars', host)
  const evaluator = new Evaluator(new Jinja(), variables)
  for (const [expression, type] of Object.entries(TYPES)) t.equal(evaluator.value(template(`{{ (${expression}) | type_debug }}`)), type, expression)
  t.strictSame(evaluator.value(template("{{ [yaml, ini, 5, 'x'] | map('type_debug') | list }}")), ['AnsibleUnicode', 'str', 'int', 'str'])
  t.strictSame(evaluator.value(template("{{ list | map('type_debug') | list }}")), ['AnsibleUnicode', 'str'])
  t.equal(
    evaluator.value(template('{{ secret is vault_encrypted }} {{ secret is string }} {{ yaml is vault_encrypted }} {{ yaml is string }}')),
    'True False False True',
  )
})
