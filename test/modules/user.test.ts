import t from 'tap'
import module from '../../modules/user.ts'
import type { StateModule } from '../../runner/module.ts'
import { answer, folder, parametersOf, simulate } from '../support/module.ts'

const A = answer('a:x:1000:1000:A:/home/a:/bin/sh\n')
const none = answer('', 2)
const group = (name: string, gid: number) => answer(`${name}:x:${gid}:\n`)
const base = {
  'query:groups-of:a': answer(''),
  'query:user:a': A,
  'query:group-entry:a': group('a', 1000),
  'query:group-entry:1000': group('a', 1000),
  '/home/a': folder({ owner: 'a', group: 'a' }),
}
const fresh = {
  'query:groups-of:a': answer(''),
  'query:user:a': none,
  'query:group-entry:a': none,
}
const HASH = '$6$salt$hash'

t.test('from the user that is to steps', async (t) => {
  const table: [string, object, string[]][] = [
    ['name: a', fresh, ['useradd -m a']],
    ['name: a', { ...fresh, 'query:group-entry:a': group('a', 5) }, ['useradd -N -m a']],
    ['name: a\nsystem: true\ncreate_home: false\nshell: /bin/false', fresh, ['useradd -s /bin/false -M -r a']],
    [
      'name: a\nuid: 5\ngroup: g\ngroups: b,c\ncomment: x\nhome: /srv/a',
      {
        ...fresh,
        'query:group-entry:g': group('g', 9),
        'query:group-entry:b': group('b', 2),
        'query:group-entry:c': group('c', 3),
        'query:groups-of:a': answer(''),
      },
      ['mkdir -p /srv', 'useradd -u 5 -g g -c x -G b,c -d /srv/a -m a'],
    ],
    ['name: a', base, []],
    ['name: a\nshell: /bin/bash\ncomment: B', base, ['usermod -c B -s /bin/bash a']],
    ['name: a\nhome: /srv/a\nmove_home: true\ncreate_home: false', base, ['usermod -d /srv/a -m a']],
    ['name: a\ngroups: b\nappend: true', { ...base, 'query:group-entry:b': group('b', 2), 'query:groups-of:a': answer('c:x:3:a\n') }, ['usermod -G b,c a']],
    ['name: a\ngroups: b', { ...base, 'query:group-entry:b': group('b', 2), 'query:groups-of:a': answer('c:x:3:a\n') }, ['usermod -G b a']],
    ['name: a\ngroups: []', { ...base, 'query:groups-of:a': answer('c:x:3:a\n') }, ['usermod -G "" a']],
    ['name: a\ngroups: a,b', { ...base, 'query:group-entry:b': group('b', 2), 'query:groups-of:a': answer('b:x:2:a\n') }, []],
    [`name: a\npassword: ${HASH}`, { ...base, 'query:shadow:a': answer('a:!:1:0:99999:7:::\n') }, [`usermod -p ${HASH} a`]],
    [`name: a\npassword: ${HASH}`, { ...base, 'query:shadow:a': answer(`a:!${HASH}:1:0:99999:7:::\n`) }, []],
    [`name: a\npassword: ${HASH}\nupdate_password: on_create`, { ...base, 'query:shadow:a': answer('a:$6$other:1:0:99999:7:::\n') }, []],
    ['name: a\npassword_lock: true', { ...base, 'query:shadow:a': answer(`a:${HASH}:1:0:99999:7:::\n`) }, ['usermod -L a']],
    ['name: a\npassword_lock: false', { ...base, 'query:shadow:a': answer(`a:!${HASH}:1:0:99999:7:::\n`) }, ['usermod -U a']],
    ['name: a\npassword_lock: false', { ...base, 'query:shadow:a': answer('a:!:1:0:99999:7:::\n') }, []],
    ['name: a\nexpires: 86400', { ...base, 'query:shadow:a': answer('a:!:1:0:99999:7:::\n') }, ['usermod -e 1970-01-02 a']],
    ['name: a\npassword_expire_max: 90\npassword_expire_min: 0', { ...base, 'query:shadow:a': answer('a:!:1:0:99999:7:::\n') }, ['chage -M 90 a']],
    ['name: a\npassword_expire_max: 90\npassword_expire_min: 1', { ...base, 'query:shadow:a': answer('a:!:1:0:90:7:::\n') }, ['chage -m 1 a']],
    ['name: a\npassword_expire_max: 90', { ...base, 'query:shadow:a': answer('a:!:1:0:90:7:::\n') }, []],
    ['name: a\npassword_expire_max: 90', { ...fresh, 'query:shadow:a': answer('', 2) }, ['useradd -m a', 'chage -M 90 a']],
    ['name: a\nexpires: -1', { ...base, 'query:shadow:a': answer('a:!:1:0:99999:7::1:\n') }, ['usermod -e "" a']],
    ['name: a\nstate: absent\nremove: true', { 'query:user:a': A, 'query:groups-of:a': answer('') }, ['userdel -r a']],
    ['name: a\nstate: absent', { 'query:user:a': none, 'query:groups-of:a': answer('') }, []],
  ]
  for (const [args, host, steps] of table) t.same(simulate(module, args, host as never).steps, steps, args)
})

t.test('a home that is missing is made', async (t) => {
  const { steps } = simulate(module, 'name: a', { ...base, '/home/a': { type: 'absent' } }, { reply: ({ kind, ...step }) => ({ exitCode: kind === 'run' && 'argv' in step && step.argv[2] === '/home/a' ? 1 : 0 }) })
  t.same(steps.slice(1), ['mkdir -p /home', 'test -d /etc/skel', 'cp -rT /etc/skel /home/a', 'chmod 0755 /home/a', 'chown -R a:1000 /home/a'])
}) // prettier-ignore

t.test('what is told', async (t) => {
  t.same(simulate(module, 'name: a', base).result, {
    ...{ name: 'a', state: 'present', append: false, move_home: false },
    ...{ uid: 1000, group: 1000, comment: 'A', home: '/home/a', shell: '/bin/sh' },
  })
  t.same(simulate(module, 'name: a\nstate: absent', { 'query:user:a': none, 'query:groups-of:a': answer('') }).result, { name: 'a', state: 'absent' })
  t.match(simulate(module, `name: a\npassword: ${HASH}`, { ...base, 'query:shadow:a': answer(`a:${HASH}:1:0:99999:7:::\n`) }).result, {
    password: 'NOT_LOGGING_PASSWORD',
  })
})

t.test('secrets', async (t) => {
  const params = parametersOf(module, `name: a\npassword: ${HASH}`) as never
  t.same((module as StateModule).secrets?.({ params, state: { shadow: { password: '!$6$old', expires: '', minDays: '0', maxDays: '' } } }), [
    HASH,
    '$6$old',
    undefined,
  ])
})

t.test('refusals', async (t) => {
  const summary = (args: string, host: object) => simulate(module, args, host as never).refusals[0]?.summary
  t.equal(summary('name: a\ngroup: g', { ...fresh, 'query:group-entry:g': none }), 'Group g does not exist')
  t.throws(() => parametersOf(module, 'name: a\nnon_unique: true'), /only of use with uid/)
})
