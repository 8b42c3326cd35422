import t from 'tap'
import module from '../../modules/getent.ts'
import { answer, simulateRead } from '../support/module.ts'

const ask = (args: string, stdout: string, exitCode = 0) => simulateRead(module, args, () => answer(stdout, exitCode))

t.test('facts', async (t) => {
  t.same(ask('database: passwd\nkey: a', 'a:x:1:2:A B:/home/a:/bin/sh\n').result, {
    ansible_facts: { getent_passwd: { a: ['x', '1', '2', 'A B', '/home/a', '/bin/sh'] } },
  })
  t.same(ask('database: services\nkey: ssh', 'ssh                   22/tcp\n').result, { ansible_facts: { getent_services: { ssh: ['22/tcp'] } } })
  t.same(ask('database: ahosts', '::1 STREAM a\n::1 DGRAM\n::1 RAW\n').result, {
    ansible_facts: { getent_ahosts: { '::1': [['STREAM', 'a'], ['DGRAM'], ['RAW']] } },
  })
  t.match(ask('database: passwd\nkey: z\nfail_key: false', '', 2), { missing: [], result: { ansible_facts: { getent_passwd: { z: null } } } })
})

t.test('failures', async (t) => {
  t.same(ask('database: passwd\nkey: z', '', 2).missing, ['One or more supplied key could not be found in the database.'])
  t.same(ask('database: nothing', '', 1).missing, ['Missing arguments, or database unknown.'])
  t.same(ask('database: hosts', '', 3).missing, ['Enumeration not supported on this database.'])
})
