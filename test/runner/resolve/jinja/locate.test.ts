import t from 'tap'
import { formatPosition, SourceFile } from '../../../../runner/diagnostic/source.ts'
import { parseYaml } from '../../../../runner/load/yaml.ts'
import { scalarSource } from '../../../../runner/resolve/jinja/locate.ts'
import { Template } from '../../../../runner/value/value.ts'

/** Where `word` stands of the template that the document is under `a`. */
function place(text: string, word: string): string {
  const node = parseYaml(new SourceFile('f.yml', text), () => undefined)
  const template = node.kind === 'map' && node.entries[0]!.value.kind === 'scalar' ? node.entries[0]!.value.value : undefined
  if (!(template instanceof Template)) throw new Error(`no template: ${text}`)
  const start = template.text.indexOf(word)
  const range = scalarSource(template.text, template.range).locate(start, start + word.length)!
  return `${formatPosition(range)} ${range.file.text.slice(range.start, range.end)}`
}

t.test('a place in a scalar is one in its file, however many lines it goes over', async (t) => {
  for (const [text, expected] of [
    ['a: "{{ nope }}"', 'f.yml:1:8 nope'],
    ['a: x {{ nope }}', 'f.yml:1:9 nope'],
    ['a: |\n  {{ 1 }}\n\n    {{ nope }}\n', 'f.yml:4:8 nope'],
    ['a: >-\n  {{ [\n    1,\n    nope ] }}\n', 'f.yml:4:5 nope'],
    ['a: "{{ [\n  1,\n\n  nope ] }}"', 'f.yml:4:3 nope'],
    ['a: "{{ [\n1,\nnope ] }}"', 'f.yml:3:1 nope'],
    ["a: '{{ [\n  1,\n  nope ] }}'", 'f.yml:3:3 nope'],
    ['a: {{ 1 }}\n  nope'.replace('{{ 1 }}', 'x {{ 1 +'), 'f.yml:2:3 nope'],
    ['a: "{{ \\"x\\" }}\n  {{ nope }}"', 'f.yml:1:4 "{{ \\"x\\" }}\n  {{ nope }}"'],
  ] as const)
    t.equal(place(text, 'nope'), expected, text)
})
