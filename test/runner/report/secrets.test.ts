/** Promise 2: whatever a playbook does with secrets, no line of any report holds one. */
import t from 'tap'
import { play } from '../../support/playbook.ts'

const SECRETS = { vault: 'vaulted-psk-1!', spec: 'declared-psk-2', shown: 'no-log-output-3', old: 'old-psk-0000' }

const files = {
  'roles/tunnel/meta/argument_specs.yml': 'argument_specs:\n  main:\n    options:\n      psk: {type: str, no_log: true, required: true}\n',
  'roles/tunnel/tasks/main.yml': `
- name: "secrets for {{ psk }}"
  template: {src: secrets.j2, dest: /etc/ipsec.secrets, mode: "0600"}
- name: say it
  debug: {msg: "{{ psk }} {{ psk | b64encode }} {{ psk | quote }} {{ psk | upper }} {{ {'k': psk} | to_json }}"}
- name: an edit of the same file
  lineinfile: {path: /etc/ipsec.secrets, line: "# {{ psk | hash('sha1') }}"}
`,
  'roles/tunnel/templates/secrets.j2': '%any %any : PSK "{{ psk }}"\n',
}

const playbook = `
- name: "play {{ vault }}"
  hosts: all
  gather_facts: false
  vars: {vault: "${SECRETS.vault}"}
  roles:
    - {role: tunnel, psk: "${SECRETS.spec}"}
  tasks:
    - {name: in a loop, debug: {msg: "{{ item.key }}"}, loop: [{key: "{{ vault }}"}]}
    - {name: as a label, debug: {msg: x}, loop: ["{{ vault }}"], loop_control: {label: "label {{ item }}"}}
    - {name: output, command: psk, no_log: true, register: r}
    - {name: later, debug: {msg: "{{ r.stdout }} {{ r.stdout_lines }}"}}
    - {name: "name {{ r.stdout }}", debug: {msg: x}}
    - {name: through filters, debug: {msg: "{{ vault | reverse }} {{ vault | replace('-', '+') }} {{ [vault] | join }} {{ vault | regex_replace('psk', 'PSK') }}"}}
    - {name: in a condition, debug: {msg: x}, when: "vault == '${SECRETS.vault}x'"}
    - {name: in a failure, assert: {that: "vault == 'other'", fail_msg: "it is {{ vault }}"}, ignore_errors: true}
    - {name: in a command, command: "fails {{ vault }}", ignore_errors: true}
    - {name: in a bad argument, file: {path: /x, state: "{{ vault }}"}, ignore_errors: true}
    - {name: in an undefined one, debug: {msg: "{{ {}[vault] }}"}, ignore_errors: true}
    - {name: as a file's name, copy: {content: x, dest: "/etc/{{ vault }}", mode: "0600"}}
    - {name: as content, copy: {content: "{{ vault }}", dest: /etc/content, mode: "0600"}}
    - {name: a secret loop, command: "echo {{ item }}", loop: ["${SECRETS.shown}"], no_log: true, ignore_errors: true}
`

for (const check of [false, true]) {
  t.test(check ? 'a check' : 'a run', async (t) => {
    const played = await play(playbook, {
      files,
      secrets: [SECRETS.vault],
      hosts: {
        a: {
          files: { '/etc/ipsec.secrets': `%any %any : PSK "${SECRETS.old}"\n`, '/etc/passwd': '' },
          run: ({ argv }) =>
            argv[0] === 'psk' ? SECRETS.shown : argv[0] === 'fails' ? { exitCode: 1, stdout: argv.join(' '), stderr: SECRETS.vault } : undefined,
        },
      },
      options: { check, verbosity: 1 },
    })
    t.equal(played.exitCode, 0)
    const everything = { human: played.human, json: played.json, errors: played.errors }
    for (const [report, text] of Object.entries(everything)) {
      for (const secret of Object.values(SECRETS)) {
        for (const form of [
          secret,
          Buffer.from(secret).toString('base64').replace(/=+$/, ''),
          secret.split('').reverse().join(''),
          secret.toUpperCase(),
          secret.replaceAll('-', '+'),
        ]) {
          // A check does not run the command whose output is secret.
          t.notOk(text.includes(form) && !(check && secret === SECRETS.shown && form !== secret), `${report}: ${form}`)
        }
      }
    }
    t.match(played.human, /\/etc\/ipsec\.secrets: 1 line removed, 1 added; it holds a secret/)
  })
}

t.test('pieces of a secret, and passwords of connections', async (t) => {
  const played = await play(
    '- hosts: all\n  gather_facts: false\n  vars: {vault: vaulted-psk-1, ansible_become_password: become-me-2}\n  tasks:\n    - debug: {msg: "{{ vault[0:7] }} {{ vault[::-1] }} {{ ansible_become_password }} {{ ansible_become_password[3:] }}"}\n',
    { secrets: ['vaulted-psk-1'], hosts: { a: {} } },
  )
  t.equal(played.exitCode, 0)
  for (const piece of ['vaulted', '1-ksp', 'become-me-2', 'ome-me-2']) t.notOk((played.human + played.json).includes(piece), piece)
})
