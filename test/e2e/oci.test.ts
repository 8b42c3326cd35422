/** The cloud from a playbook, as a user runs it: checked, run, run again, and with the other end's secret handed to a template. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { COMPARTMENT, SEOUL, testCloud } from '../support/cloud.ts'
import { playline, playlineJson } from '../support/playline.ts'

t.test('a DRG, a connection with two tunnels, and what its ends need', async (t) => {
  const cloud = await testCloud(t)
  const { store } = cloud.emulator.cloud
  store.create('vcn', SEOUL, { compartmentId: COMPARTMENT, displayName: 'VCN-SEOUL-HUB' }, { from: 'AVAILABLE', to: 'AVAILABLE' })
  const dir = mkdtempSync(join(tmpdir(), 'playline-cloud-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const at = (name: string) => join(dir, name)
  writeFileSync(at('hosts.yml'), 'all: {hosts: {seoul: {ansible_connection: local}}}\n')
  writeFileSync(at('secrets.j2'), '{% for name, tunnel in vpn.tunnels | dictsort %}\n{{ tunnel.vpn_ip }}: PSK "{{ tunnel.shared_secret }}"\n{% endfor %}\n')
  writeFileSync(
    at('site.yml'),
    `- hosts: seoul
  gather_facts: false
  module_defaults:
    oracle.oci.oci_drg: &account
      config_file_location: ${cloud.configFile}
      endpoint: ${cloud.emulator.endpoint}
      region: ${SEOUL}
      compartment_id: ${COMPARTMENT}
    oci_ipsec: *account
  tasks:
    - name: the gateway
      oci_drg:
        name: DRG-SEOUL-1
        attachment: {vcn: VCN-SEOUL-HUB, name: VCN-SEOUL-HUB-DRG-ATT}
    - name: the connection
      oci_ipsec:
        name: IPSec-OnPremise-1-SeoulHubVCN
        drg: DRG-SEOUL-1
        cpe: {name: CPE-OnPremise-Libreswan, ip_address: 144.24.84.145, vendor: Libreswan}
        tunnels:
          - {name: Tunnel-1, customer_asn: 65000, customer_interface: 10.10.10.1/30, oracle_interface: 10.10.10.2/30}
          - {name: Tunnel-2, customer_asn: 65000, customer_interface: 10.10.10.5/30, oracle_interface: 10.10.10.6/30}
      register: vpn
    - name: the shared secrets
      template: {src: ${at('secrets.j2')}, dest: ${at('secrets')}, mode: '0600'}
    - name: something else
      copy: {content: known, dest: ${at('else')}, mode: '0644'}
    - debug: {var: vpn}
`,
  )
  writeFileSync(
    at('look.yml'),
    `- hosts: seoul
  gather_facts: false
  tasks:
    - oci_ipsec_assert:
        config_file_location: ${cloud.configFile}
        endpoint: ${cloud.emulator.endpoint}
        region: ${SEOUL}
        compartment_id: ${COMPARTMENT}
        name: IPSec-OnPremise-1-SeoulHubVCN
      register: vpn
    - debug: {var: vpn}
    - template: {src: ${at('secrets.j2')}, dest: ${at('seen')}, mode: '0600'}
`,
  )
  const command = [at('site.yml'), '-i', at('hosts.yml')]

  const checked = await playline([...command, '--check'])
  t.equal(checked.exitCode, 0, checked.stdout + checked.stderr)
  t.match(checked.stdout, /IPSec connection [^]*vpnIp: \(known after apply\)/)
  t.match(checked.stdout, /TASK \[the shared secrets\]\n {2}would change.*\n.*absent → file, 0600 .*\n.* content: absent → \(known after apply\)\n/)
  t.match(checked.stdout, /TASK \[something else\]\n {2}would change/, 'what does not depend on it is known')
  t.same(cloud.writes(), [], 'a dry run writes nothing')

  const ran = await playline([...command, '-vvv'])
  t.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
  t.same(cloud.writes(), ['createDrg 200', 'createDrgAttachment 200', 'createCpe 200', 'createIPSecConnection 200'])
  const secrets = [...cloud.headends.specs.values()].map(({ sharedSecret }) => sharedSecret)
  const lines = [...cloud.headends.specs.values()].map(({ vpnIp, sharedSecret }) => `${vpnIp}: PSK "${sharedSecret}"\n`)
  t.equal(readFileSync(at('secrets'), 'utf8'), lines.join(''))

  const again = await playlineJson(command)
  t.match(again.stats, { seoul: { changed: 0, failures: 0, unreachable: 0 } })
  t.same(cloud.writes(), [], 'a second run writes nothing')

  const looked = await playline([at('look.yml'), '-i', at('hosts.yml'), '-vvv'])
  t.equal(looked.exitCode, 0, looked.stdout + looked.stderr)
  t.equal(readFileSync(at('seen'), 'utf8'), lines.join(''), 'who only looks it up knows the same')

  for (const text of [checked, ran, looked].map(({ stdout, stderr }) => stdout + stderr).concat(JSON.stringify(again))) {
    t.notOk(/Request cannot be retried|troubleshoot/i.test(text), 'no word of the SDK')
    for (const secret of secrets) t.notOk(text.includes(secret), 'no secret')
  }
})
