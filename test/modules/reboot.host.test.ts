/** For real, on a scratch host. Needs root. */
import t from 'tap'
import ping from '../../modules/wait_for_connection.ts'
import module from '../../modules/reboot.ts'
import { NO_CLOUD } from '../support/cloud.ts'
import { runAlone } from '../support/engine.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })
const context = { port: host.port, cloud: NO_CLOUD, become: { method: 'sudo', user: 'root' }, overlay: undefined } as const

t.test('the host goes down and comes back', async (t) => {
  // There is no logind to be told by shutdown(8). The kernel of a container is the machine's own: what starts anew there is its first process.
  const bootTime = "sed 's/^.*) //' /proc/1/stat | cut -d ' ' -f 20"
  const before = await host.sh(bootTime)
  const outcome = await runAlone(module, { boot_time_command: bootTime, reboot_command: 'systemctl reboot', reboot_timeout: 120 }, context)
  t.match(outcome, { changed: true, failure: undefined })
  t.equal(outcome.data.get('rebooted'), true)
  t.not(await host.sh(bootTime), before)
  t.match(await runAlone(ping, { timeout: 30 }, context), { changed: false, failure: undefined })
})
