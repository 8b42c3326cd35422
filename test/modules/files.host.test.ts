/** For real, on one scratch host: the modules that deal with files, beside `template`. Needs root. */
import t from 'tap'
import blockinfile from '../../modules/blockinfile.ts'
import copy from '../../modules/copy.ts'
import file from '../../modules/file.ts'
import lineinfile from '../../modules/lineinfile.ts'
import slurp from '../../modules/slurp.ts'
import stat from '../../modules/stat.ts'
import { Content, ControllerSource, type Module } from '../../runner/module.ts'
import { ask, drive } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })
await host.sh('useradd -M app')

/** Applies a wish: a check before it says the same, and a second run does nothing. */
async function applied(module: Module, args: Record<string, unknown>): Promise<void> {
  const what = JSON.stringify(args)
  const checked = await drive(module, args, host, { check: true })
  const done = await drive(module, args, host)
  t.equal(done.problem, undefined, what)
  t.strictSame(done.differs, checked.differs, what)
  t.not(done.differs.length, 0, what)
  t.strictSame((await drive(module, args, host)).steps, [], `${what}, again`)
}

t.test('copy', async (t) => {
  await applied(copy, { content: 'one\n', dest: '/srv/copied', owner: 'app', mode: 'u=rw,g=r,o=' })
  await applied(copy, { content: { a: [1, 'x'] }, dest: '/srv/json', mode: '0644' })
  await applied(copy, { src: new ControllerSource('from', Content.of('with\0nul'), '0751'), dest: '/srv/', mode: 'preserve' })
  await applied(copy, { src: '/srv/copied', remote_src: true, dest: '/srv/again', mode: '0600' })
  t.equal(
    await host.sh("cd /srv && stat -c '%n %U %a' copied json from again && cat json && sha256sum <from | cut -c1-8"),
    `copied app 640\njson root 644\nfrom root 751\nagain root 600\n{"a": [1, "x"]}${Content.of('with\0nul').sha256.slice(0, 8)}\n`,
  )
})

t.test('file', async (t) => {
  await applied(file, { path: '/srv/a/b/c', state: 'directory', mode: '0750', owner: 'app' })
  await applied(file, { path: '/srv/a/link', src: 'b/c', state: 'link' })
  await applied(file, { path: '/srv/a/hard', src: '/srv/copied', state: 'hard' })
  await host.sh('touch /srv/a/b/one; mkdir /srv/a/b/d; touch /srv/a/b/d/two')
  await applied(file, { path: '/srv/a/b', state: 'directory', recurse: true, group: 'adm' })
  t.equal(
    await host.sh("cd /srv/a && find . -printf '%p %y %U %G %m %l\\n' | LC_ALL=C sort && stat -c %h hard"),
    [
      '. d ID 0 750 ',
      './b d ID 4 750 ',
      './b/c d ID 4 750 ',
      './b/d d 0 4 755 ',
      './b/d/two f 0 4 644 ',
      './b/one f 0 4 644 ',
      './hard f ID 0 640 ',
      './link l 0 0 777 b/c',
      '2\n',
    ]
      .join('\n')
      .replaceAll('ID', (await host.sh('id -u app')).trim()),
  )
  await applied(file, { path: '/srv/a', state: 'absent' })
  await host.sh('test ! -e /srv/a && test -e /srv/copied')
  t.match(await drive(file, { path: '/srv/touched', state: 'touch', mode: '0600' }, host), { problem: undefined })
  await host.sh('test -f /srv/touched')
})

t.test('lineinfile and blockinfile', async (t) => {
  await host.sh("printf 'zebra=yes\\nbgpd=no\\nospfd=no\\n' >/srv/daemons")
  await applied(lineinfile, { path: '/srv/daemons', regexp: '^bgpd=', line: 'bgpd=yes' })
  await applied(lineinfile, { path: '/srv/daemons', line: 'last', insertafter: 'EOF' })
  await applied(lineinfile, { path: '/srv/daemons', regexp: '^ospf', state: 'absent' })
  await applied(blockinfile, { path: '/srv/daemons', block: 'x=1\ny=2', marker: '# {mark} mine', insertbefore: '^bgpd' })
  t.equal(await host.sh('cat /srv/daemons'), 'zebra=yes\n# BEGIN mine\nx=1\ny=2\n# END mine\nbgpd=yes\nlast\n')
  await applied(blockinfile, { path: '/srv/daemons', marker: '# {mark} mine', state: 'absent' })
  t.equal(await host.sh('cat /srv/daemons'), 'zebra=yes\nbgpd=yes\nlast\n')
})

t.test('stat and slurp', async (t) => {
  const { result } = await ask(stat, { path: '/srv/copied' }, host)
  t.match(result, { stat: { exists: true, isreg: true, mode: '0640', pw_name: 'app', size: 4, checksum: Content.of('one\n').sha1 } })
  t.match((await ask(stat, { path: '/srv/nothing' }, host)).result, { stat: { exists: false } })
  t.match((await ask(slurp, { src: '/srv/from' }, host)).result, { content: Buffer.from('with\0nul').toString('base64'), encoding: 'base64' })
})
