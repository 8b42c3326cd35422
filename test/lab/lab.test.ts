/** The lab itself, for real: needs root, and builds the roots when the machine has none. */

import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { processesIn } from './cgroup.ts'
import { readIfThere } from './files.ts'
import { hostStatus } from './host.ts'
import { down, execOnHost, removeHost, scratchHost, siteConnection, siteHosts, up, type HostConnection } from './index.ts'
import { hostCgroup, instanceNamespaces, instancePaths } from './paths.ts'
import { isMachineRunning } from './vm/machine.ts'
import { until } from './wait.ts'

// Names of this process's own, so that two runs of the tests on one machine do not meet.
const site = `t${process.pid}-site`.slice(0, 12)
const scratch = `t${process.pid}`
const crashed = `t${process.pid}-x`

const cpe = siteHosts().filter((host) => host.name === 'cpe')
const startTimeoutMs = 600_000
const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js'

t.setTimeout(900_000)
t.teardown(() => Promise.all([site, scratch, crashed].map((instance) => down(instance))))

t.test('two instances side by side', async (t) => {
  const devicesBefore = readdirSync('/sys/class/net')
  await Promise.all([up({ instance: site, hosts: cpe }), up({ instance: scratch, hosts: [] })])

  await t.test('up again changes nothing', async (t) => {
    const before = hostStatus(instancePaths(site), 'cpe')
    await up({ instance: site, hosts: cpe })
    t.same(hostStatus(instancePaths(site), 'cpe'), before)
    t.match(before, { isListening: true, isReady: true })
  })

  await t.test('a scratch host is fresh, reachable and removed', async (t) => {
    const host = await scratchHost({ instance: scratch, name: 'one', kind: 'debian', firewalld: false })
    t.equal(await overSsh(host, 'cat > /tmp/note; id -un; sudo id -un', 'kept'), 'opc\nroot\n')
    await removeHost(scratch, 'one')
    const again = await scratchHost({ instance: scratch, name: 'one', kind: 'el', firewalld: false })
    t.equal(again.address, host.address, 'the address is free again')
    const command = 'ls /tmp/note 2>&1; command -v apt-get dpkg; command -v dnf yum; . /etc/os-release; echo $ID'
    t.match(await overSsh(again, command), /No such file.*\n\/usr\/bin\/dnf\n\/usr\/bin\/yum\nol\n$/)
    t.match(await execOnHost(scratch, 'one', ['yum', '-y', 'install', 'frr', 'libreswan-4.5']), { exitCode: 0 })
    t.match(await execOnHost(scratch, 'one', ['rpm', '-q', 'frr', 'libyang', 'libreswan']), { exitCode: 0 })
    await t.rejects(scratchHost({ instance: scratch, name: 'one', kind: 'el' }), /has a host "one" already/)
  })

  await t.test('exec gives exit code, output and input', async (t) => {
    const run = (script: string, stdin = '') => execOnHost(site, 'cpe', ['sh', '-c', script], { stdin })
    t.match(await run('exit 7'), { exitCode: 7 })
    t.match(await run('kill -TERM $$'), { exitCode: 143 })
    const { stdout, stderr } = await run('cat; hostname >&2', 'through')
    t.same([stdout.toString(), stderr.toString()], ['through', 'cpe\n'])
    await t.rejects(execOnHost(site, 'drg', ['true']), /drg is not running/)
    await t.rejects(execOnHost(site, 'cpe', ['sleep', '60'], { timeoutMs: 200 }), /was not done in 0.2 s/)
  })

  await t.test('a site host: the article’s network, an offline archive, nothing outside', async (t) => {
    const [spec] = cpe
    if (!spec) return t.fail('there is no cpe')
    const shown = await overSsh(siteConnection(site, spec), 'ip -4 -oneline address show ens3; cat /sys/class/net/ens3/mtu')
    t.match(shown, /inet 10\.0\.236\.153\/16 [^]*\n9000\n$/)
    t.match(await execOnHost(site, 'cpe', ['apt-get', 'install', '--simulate', 'libreswan', 'frr']), { exitCode: 0 })
    t.match(await execOnHost(site, 'cpe', ['firewall-cmd', '--state']), { exitCode: 0 })
    t.match(await execOnHost(site, 'cpe', ['timeout', '1', 'bash', '-c', ': < /dev/tcp/198.51.100.10/22']), { exitCode: 1 }, 'the controller offers nothing')
    t.match(await execOnHost(site, 'cpe', ['systemctl', '--failed', '--quiet', '--no-legend']), {
      stdout: Buffer.alloc(0),
    })
  })

  await t.test('a host reboots: its disk stays, and nothing else', async (t) => {
    const paths = instancePaths(site)
    const run = (script: string) => execOnHost(site, 'cpe', ['bash', '-c', script])
    await run(`echo kept >/etc/kept; touch /run/gone
      ip link add gone type dummy; ip route add blackhole 192.0.2.0/24; ip address add 192.0.2.1/32 dev ens3
      nft add table ip gone; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.ens3.accept_redirects=0`)
    const { initPid } = hostStatus(paths, 'cpe')
    // One that stays is ended with the host, and does not keep it from rebooting.
    const visitor = run('echo entered >/run/entered; exec sleep 300')
    await until('the visitor', 10_000, async () => (await run('test -e /run/entered')).exitCode === 0)
    await run('systemctl reboot')
    await until('the host to boot again', 60_000, () => {
      const now = hostStatus(paths, 'cpe')
      return now.initPid !== undefined && now.initPid !== initPid && now.isListening
    })
    t.match(await visitor, { exitCode: 143 })
    t.match(await run('systemctl is-system-running --wait'), { stdout: Buffer.from('running\n') })
    const { stdout } = await run(`cat /etc/kept; ls /run/gone; ip -oneline link show; ip -4 -oneline address show dev ens3; ip route
      firewall-cmd --state; nft list tables; sysctl net.ipv4.ip_forward net.ipv4.conf.ens3.accept_redirects`)
    const seen = stdout.toString()
    t.match(seen, /^kept\n[^]*inet 10\.0\.236\.153\/16 [^]*default via 10\.0\.0\.1 dev ens3[^]*inet firewalld[^]*ip_forward = 0\n.*accept_redirects = 1\n$/)
    t.notMatch(seen, /gone|192\.0\.2\./)
    await up({ instance: site, hosts: cpe })
    t.not(hostStatus(paths, 'cpe').initPid, initPid)
  })

  await t.test('a dead host is made again', async (t) => {
    const paths = instancePaths(site)
    const { initPid = 0 } = hostStatus(paths, 'cpe')
    process.kill(initPid, 'SIGKILL')
    await until('the host to die', 10_000, () => processesIn(hostCgroup(paths, 'cpe')).length === 0)
    await up({ instance: site, hosts: cpe })
    t.match(hostStatus(paths, 'cpe'), { isListening: true, isReady: true })
    t.not(hostStatus(paths, 'cpe').initPid, initPid)
  })

  await t.test('down takes one and leaves the other', async (t) => {
    await down(site)
    t.same(traces(site), [])
    t.match(hostStatus(instancePaths(scratch), 'one'), { isListening: true })
    await down(scratch)
    await down(scratch)
    t.same(traces(scratch), [])
  })
  t.same(readdirSync('/sys/class/net'), devicesBefore, 'the machine’s own network is as it was')
})

for (const kernel of ['own', 'esp']) {
  t.test(`kill -9 half way through up (PLAYLINE_LAB_KERNEL=${kernel}): down leaves nothing`, async (t) => {
    const main = join(import.meta.dirname, `main.${extension}`)
    const child = spawn(process.execPath, [...process.execArgv, main, 'up'], {
      env: { ...process.env, PLAYLINE_LAB: crashed, PLAYLINE_LAB_KERNEL: kernel },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const paths = instancePaths(crashed)
    const isHalfMade = () => processesIn(hostCgroup(paths, 'cpe')).length > 0 || isMachineRunning(paths)
    await until(
      'a first host, or the virtual machine',
      startTimeoutMs,
      () => isHalfMade() || child.exitCode !== null,
      () => said,
    )
    child.kill('SIGKILL')
    t.ok(isHalfMade(), said)
    t.not(traces(crashed).length, 0, 'there is something to remove')
    await down(crashed)
    t.same(traces(crashed), [])
  })
}

/** Everything by which an instance could still be there. */
function traces(instance: string): string[] {
  const paths = instancePaths(instance)
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`/pl-${instance}-`) || line.includes(`${paths.stateDir}/`))
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readIfThere(`/proc/${pid}/cgroup`).includes(`/playline-lab/${instance}/`))
  return [
    ...mounts,
    ...processes.map((pid) => `process ${pid}`),
    ...instanceNamespaces(instance),
    ...[paths.cgroup, paths.stateDir].filter((dir) => existsSync(dir)),
  ]
}

/** Runs a command over ssh as the runner would: the lab's key, known_hosts and proxy. */
async function overSsh(host: HostConnection, command: string, stdin = ''): Promise<string> {
  const options = [
    `IdentityFile=${host.identityFile}`,
    `UserKnownHostsFile=${host.knownHostsFile}`,
    `ProxyCommand=${host.proxyCommand.join(' ')}`,
    'StrictHostKeyChecking=yes',
    'IdentitiesOnly=yes',
    'ConnectTimeout=20',
  ].flatMap((option) => ['-o', option])
  const run = promisify(execFile)('ssh', ['-F', 'none', ...options, `${host.user}@${host.address}`, command], {
    timeout: 60_000,
  })
  run.child.stdin?.end(stdin)
  return (await run).stdout
}
