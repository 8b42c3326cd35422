import t from 'tap'
import { applyMode, modeParam } from '../../../modules/shared/mode.ts'

t.test('symbolic modes', async (t) => {
  const table: [string, string, boolean, string][] = [
    ['0640', '0777', false, '0640'],
    ['u=rw,g=r,o=', '0777', false, '0640'],
    ['u+x', '0644', false, '0744'],
    ['go-w', '0666', false, '0644'],
    ['a=r', '0777', false, '0444'],
    ['+x', '0644', false, '0755'],
    ['+w', '0444', false, '0644'],
    ['g=u', '0740', false, '0770'],
    ['o=g,u-x', '0751', false, '0655'],
    ['u=rwX,g=rX', '0600', false, '0640'],
    ['u=rwX,g=rX', '0600', true, '0750'],
    ['g+X', '0700', false, '0710'],
    ['u+s,g+s,o+t', '0755', false, '7755'],
    ['u-s', '4755', false, '0755'],
    ['u+r-w', '0200', false, '0400'],
  ]
  for (const [wish, current, isDirectory, expected] of table) t.equal(applyMode(wish, current, isDirectory), expected, `${wish} of ${current}`)
})

t.test('the parameter', async (t) => {
  t.equal(modeParam().parse('644'), '0644')
  t.equal(modeParam().parse(0o755), '0755')
  t.equal(modeParam().parse('u=rw,g='), 'u=rw,g=')
  t.equal(modeParam('preserve').parse('preserve'), 'preserve')
  for (const wrong of ['preserve', '999', 'u=q', 644, true]) t.throws(() => modeParam().parse(wrong), String(wrong))
  t.equal(modeParam().parse(''), undefined, 'empty text is no mode')
})
