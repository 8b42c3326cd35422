/**
 * Where Playline deliberately does otherwise than Ansible: why, and exactly what it says instead. Everything else that differs is a defect.
 */
export type Deliberate = {
  readonly why: string
} & (
  | {
      /** The run is refused before anything ran, with this exit code and a diagnostic that says this. */
      readonly refuses: { readonly exitCode: number; readonly says: string }
    }
  | {
      /** Each disagreement, as it is told. */
      readonly differs: readonly string[]
    }
)

const CERTAIN_FAULT = 'DESIGN, Diagnostics: a fault in a task that every host is certain to reach, and that nothing tolerates, refuses the run'

const UNKNOWN = 'DESIGN, Check: after an action that would run nothing is known, and what is not known is not told'
const OVERLAY = 'DESIGN, Check: later reads see what is predicted; Ansible reads the untouched host'

export const DELIBERATE: Readonly<Record<string, Deliberate>> = {
  'check/overlay': {
    why: OVERLAY,
    differs: [
      'play 1 (a) / sees what would be there / a / exists: true, Ansible false',
      'play 1 (a) / sees what would be there / a / isdir: false, Ansible nothing',
      'play 1 (a) / sees what would be there / a / isreg: true, Ansible nothing',
      'play 1 (a) / sees what would be there / a / islnk: false, Ansible nothing',
      'play 1 (a) / sees what would be there / a / mode: "0644", Ansible nothing',
      'play 1 (a) / sees what would be there / a / pw_name: "root", Ansible nothing',
      'play 1 (a) / sees what would be there / a / executable: "(unknown, because of TASK [lineinfile])", Ansible nothing',
      'play 1 (a) / sees what would be there / a / readable: "(unknown, because of TASK [lineinfile])", Ansible nothing',
      'play 1 (a) / debug / a / msg: true, Ansible false',
      'play 1 (a) / nothing to do any more / a / status: "ok", Ansible "failed"',
      'play 1 (a) / nothing to do any more / a / msg: "", Ansible nothing',
      'stats / a / failures: 0, Ansible 1',
      'stats / a / ok: 4, Ansible 3',
      'exit code: 0, Ansible 2',
    ],
  },
  'check/unknown': {
    why: UNKNOWN,
    differs: [
      'play 1 (a) / what a command would say / a / status: "skipped", Ansible "ok"',
      'play 1 (a) / what a command would say / a / msg: nothing, Ansible "True 0"',
      'play 1 (a) / a file that the command may have changed / a / status: "skipped", Ansible "changed"',
      'play 1 (a) / a file that the command may have changed / a / msg: nothing, Ansible "line added"',
      'stats / a / changed: 0, Ansible 1',
      'stats / a / ok: 0, Ansible 2',
      'stats / a / skipped: 3, Ansible 1',
    ],
  },
  'errors/bad-serial': { why: 'Ansible ends with a traceback', refuses: { exitCode: 4, says: "'serial' is 'abc'" } },
  'types/native-on': {
    why: 'a setting that changes what every template gives: refused, and never ignored',
    refuses: { exitCode: 4, says: 'ANSIBLE_JINJA2_NATIVE' },
  },
  'handlers/block-flush': {
    why: 'Ansible 2.14 counts a handler that fails in a block as rescued, and then runs neither the rescue nor anything else on that host; here the rescue runs',
    differs: [
      'play 1 (a,b) / debug: "b", Ansible nothing',
      'play 1 (a,b) / command / b: {"status":"changed","action":"command","rc":0,"stdout":"","stderr":""}, Ansible nothing',
      'play 1 (a,b) / fail / b: {"status":"skipped","action":"fail","skip_reason":"Conditional result was False"}, Ansible nothing',
      'play 1 (a,b) / command: "b", Ansible nothing',
      'play 1 (a,b) / h1: "b", Ansible nothing',
      'play 1 (a,b) / h3 / b: {"status":"ok","action":"debug","msg":"h3"}, Ansible nothing',
      'stats / b / changed: 5, Ansible 2',
      'stats / b / ok: 7, Ansible 2',
      'stats / b / skipped: 1, Ansible 0',
    ],
  },
  'errors/undefined-argument': { why: CERTAIN_FAULT, refuses: { exitCode: 4, says: 'nope' } },
}
