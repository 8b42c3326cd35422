import t from 'tap'
import module from '../../modules/package.ts'
import { simulate, textFile, UnknownIn } from '../support/module.ts'
import { recorded } from '../support/recorded.ts'

const apt = { 'file:/usr/bin/apt-get': textFile('') }
const dnf = { 'file:/usr/bin/dnf': textFile('') }

t.test('the manager that the host has', async (t) => {
  t.match(
    simulate(module, 'name: lab-hello=1.0', recorded('package/apt-updated', { ...apt, ...dnf })).steps,
    [/^apt-get .* install -- lab-hello=1.0$/],
    'apt-get before dnf',
  )
  t.match(simulate(module, 'name: libreswan-4.5', recorded('package/dnf-updated', dnf)).steps, [/^dnf .* install -- libreswan-4.5$/])
  t.match(simulate(module, 'name: libreswan-4.5\nuse: yum', recorded('package/dnf-updated', { ...apt, ...dnf })).steps, [/^dnf /])
  t.match(simulate(module, 'name: libreswan-4.5\nuse: dnf', recorded('package/dnf-updated', { ...apt, ...dnf })).steps, [/^dnf /])
  t.strictSame(simulate(module, 'name: x').refusals, [{ summary: 'this host has neither apt-get nor dnf' }])
  t.match(simulate(module, 'name: x\nuse: apt', dnf).refusals, [{ summary: 'this host has no apt-get' }])
})

t.test('a dry run after a package that may bring files', async (t) => {
  const unknown = new UnknownIn('TASK [install all]')
  const { steps } = simulate(module, 'name: libreswan-4.5', recorded('package/dnf-updated', { 'file:/usr/bin/apt-get': unknown, ...dnf }))
  t.match(steps, [/^dnf /], 'it does not bring another package manager')
})

t.test('what is for one manager', async (t) => {
  t.strictSame(
    simulate(
      module,
      'name: libreswan-4.5\nstate: removed\npurge: true',
      recorded('package/dnf-installed', {
        ...dnf,
        'package:libreswan': '4.5-1.el8',
        'package:libreswan-4.5': null,
        'query:package-plan:remove -- libreswan-4.5': new UnknownIn(),
      }),
    ).refusals,
    [{ summary: '`purge` is for apt; this host has dnf' }],
  )
})
