/** `playbooks/site.yml` on bare hosts: checked, run, run again, checked again. */
import t, { type Test } from 'tap'
import { down, execOnHost, up } from '../lab/index.ts'
import { LabCloud } from '../support/lab-cloud.ts'
import { differencesIn, playline, playlineJson, resultsByTask, type DiffEntry, type TaskResult } from '../support/playline.ts'
import { difference, snapshot } from '../support/snapshot.ts'

const instance = 'e2e'
const environment = { PLAYLINE_LAB: instance }
const site = ['playbooks/site.yml', '-i', 'inventories/lab']

t.before(() => up({ instance }))
t.teardown(() => down(instance))

const cloud = new LabCloud(instance)

/** The key of a diff's entry: what it is about. */
const about = (entry: DiffEntry): string => entry.prepared ?? (entry.after_header ?? '').replace(/ \((?:absent|unknown)\)$/, '')

let checked = new Map<string, TaskResult>()

t.test('a check touches nothing', async (t) => {
  const before = await snapshot(instance, 'cpe')
  checked = resultsByTask(await playlineJson([...site, '--check'], environment))
  t.same(difference(before, await snapshot(instance, 'cpe')), [])
})

t.test('what the check showed is what the run did', async (t) => {
  const ran = resultsByTask(await playlineJson(site, environment))
  let known = 0
  let unknown = 0
  t.ok(checked.size > 10, `${checked.size} results`)
  for (const [name, check] of checked) {
    const run = ran.get(name)
    if (!run) {
      // Only a handler of which the check could not know whether it would be notified may have stayed away.
      t.ok(check.unknown, `${name}: the run has it, or the check did not know`)
      continue
    }
    if (check.unknown !== undefined) {
      unknown++
      t.match(check.unknown, /^(?:TASK|HANDLER) \[/, `${name}: the cause names a task`)
    } else t.equal(check.changed, run.changed, `${name}: changed`)
    known += compareDiffs(t, name, check, run)
  }
  t.ok(known > 20, `${known} known parts of diffs are the same`)
  t.comment(`${known} known, ${unknown} tasks unknown`)
})

/** Each known part of the check's diff has its equal in the run's. Answers how many there were. */
function compareDiffs(t: Test, name: string, check: TaskResult, run: TaskResult): number {
  let known = 0
  for (const entry of differencesIn(check)) {
    if (entry.prepared !== undefined || entry.after === undefined || entry.after.startsWith('(known after apply)')) continue
    const beforeUnknown = entry.before_header?.endsWith('(unknown)') === true || entry.before?.startsWith('(unknown)') === true
    const same = differencesIn(run).filter((done) => about(done) === about(entry))
    // Where the check did not know what is there, the run may have found it to be right already, or the file to be new as a whole.
    if (beforeUnknown && !same.some((done) => fits(entry.after!, done.after))) {
      t.notOk(
        same.some((done) => isText(done) === isText(entry) && !isText(entry) && !done.before?.startsWith('absent')),
        `${name}: ${about(entry)} is not something else in the run`,
      )
      continue
    }
    t.ok(
      same.some((done) => fits(entry.after!, done.after) && (beforeUnknown || done.before === entry.before)),
      `${name}: ${about(entry)} (${entry.after.split('\n', 1)[0]!}) is in the run's diff`,
    )
    known++
  }
  return known
}

/** Whether what a run shows is what the check showed; parts that are known only after apply are then whatever they are. */
function fits(checkedText: string, ranText: string | undefined): boolean {
  const parts = checkedText.split('(known after apply)').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return ranText !== undefined && new RegExp(`^${parts.join('[^]+?')}$`).test(ranText)
}

/** Whether an entry shows a file's text. */
const isText = (entry: DiffEntry): boolean => entry.before_header !== entry.after_header || !entry.after?.endsWith('\n') || entry.after.split('\n').length > 2

t.test('a second run changes nothing, a second check knows everything', async (t) => {
  const again = await playlineJson(site, environment)
  for (const [host, stats] of Object.entries(again.stats)) t.match(stats, { changed: 0, failures: 0, unreachable: 0 }, host)
  const converged = resultsByTask(await playlineJson([...site, '--check'], environment))
  t.same(
    [...converged].filter(([, result]) => result.unknown !== undefined || result.changed),
    [],
  )
})

t.test('the gateway is what the article has', async (t) => {
  const on = async (...argv: string[]): Promise<string> => (await execOnHost(instance, 'cpe', argv)).stdout.toString().trim()
  t.equal(await on('sysctl', '-n', 'net.ipv4.ip_forward'), '1')
  t.equal(await on('systemctl', 'is-active', 'ipsec', 'frr', 'firewalld'), 'active\nactive\nactive')
  t.equal(await on('systemctl', 'is-enabled', 'ipsec', 'frr', 'firewalld'), 'enabled\nenabled\nenabled')
  t.match(await on('firewall-cmd', '--zone=public', '--list-ports'), /500\/udp.*4500\/udp|4500\/udp.*500\/udp/)
  t.match(await on('firewall-cmd', '--permanent', '--zone=public', '--list-interfaces'), /ens3.*vti1.*vti2/)
  t.equal(await on('stat', '-c', '%a %U:%G', '/etc/ipsec.d/oci-ipsec.secrets'), '600 root:root')
  t.match(await on('vtysh', '-c', 'show running-config'), /router bgp 65000[\s\S]*neighbor 10\.10\.10\.2 remote-as 31898[\s\S]*route-map BGP-ADVERTISE-OUT out/)
  t.match(await on('ipsec', 'whack', '--status'), /"Tunnel-1".*newest (?:ISAKMP|IKE) SA: #[1-9]/)
})

t.test('no shared secret is in what a run prints, whatever is asked', async (t) => {
  const secrets = await cloud.secrets()
  const outputs = [await playline([...site, '-vvv', '--check'], environment), await playline([...site, '-vvv', '--diff', '--output', 'json'], environment)]
  for (const { exitCode, stdout, stderr } of outputs) {
    t.equal(exitCode, 0)
    for (const secret of secrets) t.notOk((stdout + stderr).includes(secret), 'no secret')
  }
  // The secret of one tunnel has changed on the host: neither the new nor the old one is shown.
  const stale = 'OldSecretThatIsNotInTheRegistry0123456789'
  await execOnHost(instance, 'cpe', ['sed', '-i', `s/${secrets[0]!}/${stale}/`, '/etc/ipsec.d/oci-ipsec.secrets'])
  const repaired = await playline(site, environment)
  t.equal(repaired.exitCode, 0)
  t.match(repaired.stdout, /oci-ipsec\.secrets: 1 line removed, 1 added; it holds a secret/)
  for (const secret of [...secrets, stale]) t.notOk(repaired.stdout.includes(secret), 'no secret')
})
