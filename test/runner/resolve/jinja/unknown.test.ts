/** Values that a dry run cannot know: whatever touches one is unknown as well, and never guessed. */
import t from 'tap'
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import { Dict, Unknown, UnknownValueError } from '../../../../runner/value/value.ts'
import { playbookValue, scopeOf, templateOf } from './helper.ts'

const unknown = new Unknown('TASK [install] has not run')
const variables = Dict.of({ u: unknown, reg: Dict.of({ rc: unknown, cmd: 'x' }), l: [1, unknown], yes: true })

t.test('what touches an unknown value throws it', async (t) => {
  const table = [
    '{{ u }}',
    'a {{ u }}',
    '{{ u.x }}',
    '{{ u[0] }}',
    '{{ u + 1 }}',
    '{{ u == 1 }}',
    '{{ u != 1 }}',
    '{{ u < 1 }}',
    '{{ 1 in u }}',
    '{{ u in [1] }}',
    '{{ u ~ "" }}',
    '{{ not u }}',
    '{{ u and true }}',
    '{{ "a" if u else "b" }}',
    '{{ u | default("x") }}',
    '{{ u is defined }}',
    '{{ u is undefined }}',
    '{{ u | upper }}',
    '{{ u() }}',
    '{{ reg.rc }}',
    '{{ reg.rc == 0 }}',
    '{{ reg }} text',
    '{{ reg | to_json }}',
    '{{ l | join }}',
    '{{ l | map("upper") }}',
    '{{ l | sort }}',
    '{{ l | sum }}',
    '{{ 2 in l }}',
    '{{ l[u] }}',
    '{% for i in u %}{% endfor %}',
    '{% if u %}{% endif %}',
    '{% for i in l %}{{ i }}{% endfor %}',
    '{{ [1] | zip(u) }}',
    '{{ {u: 1} }}',
    '{{ "%s" % u }}',
    '{{ "{}".format(u) }}',
    '{{ dict(a=u).a ~ "" }}',
  ]
  for (const text of table) t.throws(() => playbookValue(text, variables), UnknownValueError, text)
  for (const text of table.filter((each) => each.startsWith('{{') && each.endsWith('}}'))) {
    t.throws(() => new Jinja().condition({ text: text.slice(2, -2) }, scopeOf(variables)), UnknownValueError, `when: ${text}`)
  }
})

t.test('what does not touch it is known', async (t) => {
  t.equal(playbookValue('{{ reg.cmd }}', variables), 'x')
  t.equal(playbookValue('{{ l[0] }}', variables), '1')
  t.equal(playbookValue('{{ l | length }}', variables), '2')
  t.equal(playbookValue('{{ "a" if yes or u else "b" }}', variables), 'a')
  t.equal(playbookValue('{{ 1 in l }}', variables), true)
  t.equal(playbookValue('{% if yes %}a{% else %}{{ u }}{% endif %}', variables), 'a')
})

t.test('a list or dict passes with what is unknown within it', async (t) => {
  t.equal(playbookValue('{{ reg }}', variables), variables.get('reg'))
  t.same(playbookValue('{{ {"a": u, "b": 1} }}', variables), Dict.of({ a: unknown, b: 1 }))
  t.same(playbookValue('{{ l | list }}', variables), [1, unknown])
  t.same(new Jinja().evaluate({ text: 'reg' }, scopeOf(variables)), variables.get('reg'))
  t.throws(() => new Jinja().evaluate({ text: 'u' }, scopeOf(variables)), UnknownValueError)
  t.throws(() => new Jinja().renderFile(new SourceFile('t.j2', '{{ reg }}'), scopeOf(variables)), UnknownValueError)
})

t.test('what is undefined behind it is told, where that is certain', async (t) => {
  for (const text of ['{{ u }} {{ missing }}', '{{ u }}{{ missing }}', '{{ reg }} {{ missing }}', '{% for i in [1] %}{{ u }}{% endfor %}{{ missing.x }}'])
    t.throws(() => playbookValue(text, variables), { message: "'missing' is undefined" }, text)
  for (const text of [
    '{{ u }} {{ 1 / 0 }}',
    '{% if u %}{% set x = 1 %}{% endif %}{{ x }}',
    '{% set l = [] %}{{ l.append(u ~ "") }}{{ l[0] }}',
    '{% macro m() %}{{ u }}{{ missing }}{% endmacro %}{{ m() }}',
    '{{ u }}{% if u %}{% endif %}{{ missing }}',
  ])
    t.throws(() => playbookValue(text, variables), UnknownValueError, text)
})

t.test('a variable whose own template is unknown throws on', async (t) => {
  const scope = {
    get: (): never => {
      throw new UnknownValueError(unknown)
    },
    names: () => [],
  }
  t.throws(() => new Jinja().templateValue(templateOf('{{ x | default(1) }}'), scope), UnknownValueError)
})
