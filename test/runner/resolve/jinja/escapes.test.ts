/** Nothing in a template reaches JavaScript: the payload classes that break nunjucks and Jinja2's sandbox, and some of our own. */
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { Dict, type Value } from '../../../../runner/value/value.ts'
import { climbs, EscapeWatch, PAYLOADS } from '../../../support/escapes.ts'
import { render } from './helper.ts'

t.test('no property of JavaScript can be read or called', async (t) => {
  const watch = new EscapeWatch()
  const templates = [...climbs()]
  t.ok(templates.length > 7000)
  t.same(faults(watch, templates), [])
})

t.test('known payloads do nothing', async (t) => {
  t.same(faults(new EscapeWatch(), PAYLOADS), [], `${PAYLOADS.length} tried`)
})

t.test('an escape would be seen', async (t) => {
  const watch = new EscapeWatch()
  watch.variables.set('leak', Object as unknown as Value)
  t.match(watch.fault('{{ leak }}'), /JavaScript|threw/)
  Object.defineProperty(globalThis, '__escaped', { value: 1, configurable: true })
  t.match(watch.fault('harmless'), /left something behind/)
  Reflect.deleteProperty(globalThis, '__escaped')
  t.equal(watch.fault('harmless'), undefined)
})

function faults(watch: EscapeWatch, templates: Iterable<string>): string[] {
  return [...templates].flatMap((template) => {
    const fault = watch.fault(template)
    return fault === undefined ? [] : [`${template}: ${fault}`]
  })
}

t.test('keys that look like properties are keys', async (t) => {
  const dict = new Dict([
    ['__proto__', 'p'],
    ['constructor', 'c'],
  ])
  t.equal(
    render("{{ d['__proto__'] }}{{ d.constructor }}{{ d | dict2items | map(attribute='key') | join(',') }}", Dict.of({ d: dict })),
    'pc__proto__,constructor',
  )
})

t.test('what data holds is never a template', async (t) => {
  const text = '{{ 1 + 1 }}{% for i in l %}{% endfor %}'
  t.equal(render('{{ x }}', { x: text }), text)
  t.equal(render('{{ x | upper | lower }}|{{ [x] | first }}', { x: text }), `${text}|${text}`)
})

t.test('a method that changes a value changes a copy', async (t) => {
  const list = [1]
  const dict = Dict.of({ a: list })
  const variables = Dict.of({ list, dict })
  t.equal(
    render('{{ list.append(2) }}{{ dict.update({"b": 1}) }}{{ dict.a.append(3) }}{{ list }}{{ dict }}', variables),
    "NoneNoneNone[1, 2]{'a': [1, 3], 'b': 1}".replaceAll('None', ''),
  )
  t.same(list, [1])
  t.same([...dict.keys()], ['a'])
  t.throws(() => render("{{ list['append'](2) }}", variables), DiagnosticError)
  t.throws(() => render("{{ (list | attr('append'))(2) }}", variables), DiagnosticError)
  t.same(list, [1])
})
