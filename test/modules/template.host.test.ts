/** For real, on a scratch host: owner, group, mode, validation, backup. Needs root. */
import t from 'tap'
import module from '../../modules/template.ts'
import { Content, ControllerSource } from '../../runner/module.ts'
import { drive } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })
const source = (text: string): ControllerSource => new ControllerSource('x.conf.j2', Content.of(text), '0640')

t.test('a file with its owner, group and mode, in one rename', async (t) => {
  await host.sh('mkdir -p /etc/app; useradd -M app')
  const args = { src: source('one\n'), dest: '/etc/app/x.conf', owner: 'app', group: 'adm', mode: '0640' }
  t.match(await drive(module, args, host, { check: true }), { differs: [{ path: ['file', '/etc/app/x.conf', 'type'] }, {}, {}, {}, {}], steps: [] })
  t.match(await drive(module, args, host), { problem: undefined, result: { dest: '/etc/app/x.conf', state: 'file', owner: 'app', mode: '0640', size: 4 } })
  t.equal(await host.sh("stat -c '%U %G %a %n' /etc/app/*; cat /etc/app/x.conf"), 'app adm 640 /etc/app/x.conf\none\n', 'and nothing beside it')
  t.strictSame((await drive(module, args, host)).steps, [], 'again')
  t.match(await drive(module, { ...args, mode: '0600' }, host), { problem: undefined, differs: [{ path: ['file', '/etc/app/x.conf', 'mode'] }] })
  t.match(await drive(module, { ...args, mode: 'preserve' }, host), { problem: undefined, differs: [{ after: '0640' }] }, "the template's own mode")
})

t.test('a folder as dest, a link, and what is kept of what was there', async (t) => {
  t.match(await drive(module, { src: source('two\n'), dest: '/etc/app/', mode: '0644' }, host), {
    problem: undefined,
    result: { dest: '/etc/app/x.conf.j2' },
  })
  await host.sh('echo three >/srv/target; chmod 604 /srv/target; chown app /srv/target; ln -s /srv/target /srv/link')
  t.match(await drive(module, { src: source('four\n'), dest: '/srv/link', follow: true }, host), { problem: undefined })
  t.equal(await host.sh("stat -c '%U %a %F' /srv/target; readlink /srv/link; cat /srv/target"), 'app 604 regular file\n/srv/target\nfour\n')
})

t.test('only what passes the validation replaces a file', async (t) => {
  const args = { dest: '/etc/sudoers.d/app', mode: '0440', validate: 'visudo -cf %s' }
  t.match(await drive(module, { ...args, src: source('app ALL=(root) NOPASSWD: /bin/true\n') }, host), { problem: undefined })
  t.match(await drive(module, { ...args, src: source('app ALL=((\n') }, host), {
    problem: /\/etc\/sudoers\.d\/app was not replaced: the new content did not pass visudo/,
    evidence: /syntax error/,
  })
  t.equal(await host.sh('ls -A /etc/sudoers.d | grep -v README; cat /etc/sudoers.d/app'), 'app\nopc\napp ALL=(root) NOPASSWD: /bin/true\n')
})

t.test('a backup of what is replaced', async (t) => {
  const { result, problem } = await drive(module, { src: source('five\n'), dest: '/etc/app/x.conf', backup: true }, host)
  t.equal(problem, undefined)
  t.match(result['backup_file'], /^\/etc\/app\/x\.conf\.\d+\..*~$/)
  t.equal(await host.sh(`cat '${String(result['backup_file'])}' /etc/app/x.conf`), 'one\nfive\n')
})

t.test('what cannot be replaced', async (t) => {
  t.match(await drive(module, { src: source('x'), dest: '/nowhere/x' }, host), { refusals: [{ summary: /\/nowhere/ }], steps: [] })
  await host.sh('mkfifo /srv/pipe')
  t.match(await drive(module, { src: source('x'), dest: '/srv/pipe' }, host), { refusals: [{ summary: /not a file/ }], steps: [] })
})
