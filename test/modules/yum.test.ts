import t from 'tap'
import module from '../../modules/yum.ts'
import { simulate, textFile } from '../support/module.ts'
import { recorded } from '../support/recorded.ts'

t.test('yum is dnf', async (t) => {
  const host = recorded('package/dnf-updated', { 'file:/usr/bin/dnf': textFile('') })
  t.strictSame(simulate(module, 'name: libreswan-4.5', host).steps, ['dnf --assumeyes --setopt=metadata_expire=never install -- libreswan-4.5'])
  t.match(simulate(module, 'name: libreswan', {}).refusals, [{ summary: 'this host has no dnf', hint: /yum before version 4/ }])
})
