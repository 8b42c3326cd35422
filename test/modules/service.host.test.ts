/** For real: systemd 252 on a scratch host. Needs root. */
import t from 'tap'
import module from '../../modules/service.ts'
import { drive } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })
await host.sh(`
unit() { printf '[Service]\\n%s\\n' "$2" > /etc/systemd/system/$1.service; }
unit lasts "ExecStart=/bin/sleep 1000
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target"
unit brief "ExecStart=/bin/sh -c 'echo nothing to do; sleep 1'"
unit fails "ExecStart=/bin/sh -c 'echo no such conn >&2; exit 3'"
unit loops "ExecStart=/bin/sh -c 'sleep 0.3; exit 4'
Restart=always
RestartSec=100ms"
unit once "Type=oneshot
ExecStart=/bin/touch /run/once"
unit ends-badly "ExecStart=/bin/sh -c 'trap \\"exit 143\\" TERM; while :; do sleep 0.1; done'"
printf '%s\\n' '#!/bin/sh' '### BEGIN INIT INFO' '# Provides: oldie' '# Required-Start:' '# Required-Stop:' '# Default-Start: 2 3 4 5' '# Default-Stop: 0 1 6' '### END INIT INFO' \
  'case $1 in start) setsid sleep 1000 < /dev/null > /dev/null 2>&1 & echo $! > /run/oldie.pid;; stop) kill $(cat /run/oldie.pid);; esac' > /etc/init.d/oldie
chmod 755 /etc/init.d/oldie
systemctl daemon-reload
`)

/** Each keeps its promise, and a second run changes nothing. */
t.test('states', async (t) => {
  for (const [args, steps] of [
    [{ name: 'lasts', state: 'started', enabled: true }, ['systemctl enable -- lasts.service', 'systemctl start -- lasts.service']],
    [{ name: 'lasts', state: 'stopped', enabled: false }, ['systemctl disable -- lasts.service', 'systemctl stop -- lasts.service']],
    [{ name: 'ssh.socket', masked: true }, ['systemctl mask -- ssh.socket']],
    [{ name: 'ssh.socket', masked: false, enabled: false }, ['systemctl unmask -- ssh.socket']],
    [{ name: 'oldie', state: 'started', enabled: true }, ['systemctl enable -- oldie.service', 'systemctl start -- oldie.service']],
    [{ name: 'oldie', state: 'stopped', enabled: false }, ['systemctl disable -- oldie.service', 'systemctl stop -- oldie.service']],
    [{ name: 'ends-badly', state: 'started' }, ['systemctl start -- ends-badly.service']],
    [{ name: 'ends-badly', state: 'stopped' }, ['systemctl stop -- ends-badly.service']],
  ] as const) {
    const first = await drive(module, args, host)
    const wanted = args.name === 'ssh.socket' && 'enabled' in args ? [first.steps.slice(0, 1), steps] : [first.steps, steps]
    t.strictSame({ problem: first.problem, steps: wanted[0] }, { problem: undefined, steps: wanted[1] }, JSON.stringify(args))
    t.strictSame((await drive(module, args, host)).steps, [], 'again')
  }
})

t.test('a start counts when it stays', async (t) => {
  const started = Date.now()
  t.match(await drive(module, { name: 'lasts', state: 'restarted' }, host), { problem: undefined, events: [{ name: 'restart' }] })
  t.ok(Date.now() - started >= 3000, 'for three seconds')
  t.match(await drive(module, { name: 'lasts', state: 'reloaded' }, host), { problem: undefined, steps: ['systemctl reload -- lasts.service'] })
  t.match(await drive(module, { name: 'brief', state: 'started' }, host), {
    problem: /brief.service started and ended within \d s: its main process ended without an error/,
    evidence: /nothing to do/,
  })
  t.match(await drive(module, { name: 'fails', state: 'started' }, host), {
    problem: /fails.service started and ended within \d s: exit-code, status 3/,
    evidence: /no such conn/,
  })
  t.match(await drive(module, { name: 'loops', state: 'started' }, host), { problem: /loops.service started and ended .*systemd goes on starting it/ })
})

t.test('a oneshot runs each time', async (t) => {
  for (let count = 0; count < 2; count++)
    t.match(await drive(module, { name: 'once', state: 'started' }, host), { problem: undefined, steps: ['systemctl start -- once.service'] })
  await host.sh('test -e /run/once')
})

t.test('what cannot be had', async (t) => {
  t.match(await drive(module, { name: 'lats', state: 'started' }, host), {
    refusals: [{ summary: "there is no unit 'lats.service'", hint: "Did you mean 'lasts.service'?" }],
    steps: [],
  })
  t.match(await drive(module, { name: 'brief', enabled: true }, host), {
    refusals: [{ summary: /cannot be enabled: it has no \[Install\] section/ }],
    steps: [],
  })
  await host.sh('systemctl start ends-badly')
  t.match(await drive(module, { name: 'ends-badly', state: 'reloaded' }, host), { refusals: [{ summary: /no ExecReload/ }], steps: [] })
})
