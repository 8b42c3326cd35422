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
  'check/commands': {
    why: UNKNOWN,
    differs: [
      'play 4 (a) / command / a / status: "skipped", Ansible "changed"',
      'play 4 (a) / command / a / rc: nothing, Ansible 0',
      'play 4 (a) / command / a / stdout: nothing, Ansible ""',
      'play 4 (a) / command / a / stderr: nothing, Ansible ""',
      'stats / a / changed: 0, Ansible 1',
      'stats / a / ok: 2, Ansible 3',
      'stats / a / skipped: 3, Ansible 2',
    ],
  },
  'check/flow': {
    why: 'DESIGN, Check: what only reads is read, and wait_for looks once; Ansible leaves it out',
    differs: ['play 1 (a,b) / wait_for / a / status: "ok", Ansible "skipped"', 'stats / a / ok: 14, Ansible 13', 'stats / a / skipped: 2, Ansible 3'],
  },
  'public/nginx': {
    why: `${UNKNOWN}; ${CERTAIN_FAULT}`,
    differs: [
      'run 3 / play 1 (a) / nginx : reload nginx: "a", Ansible nothing',
      'run 3 / stats / a / skipped: 5, Ansible 4',
      'run 4 / play 1 (a): nothing, Ansible "5 tasks"',
      'run 4 / stats / a: nothing, Ansible {"changed":0,"failures":1,"ignored":0,"ok":3,"rescued":0,"skipped":1,"unreachable":0}',
      'run 4 / exit code: "1 or 4, before anything ran", Ansible 2',
    ],
  },
  'errors/bad-serial': { why: 'Ansible ends with a traceback', refuses: { exitCode: 4, says: "'serial' is 'abc'" } },
  'types/exotic-tags': {
    why: "Python's sets have no order, and no form in JSON: Ansible's own callback fails on them",
    refuses: { exitCode: 4, says: "the YAML tag '!!set' is not supported" },
  },
  'types/native': {
    why: 'an item of a list that is left out leaves nothing behind; Ansible leaves the text that stands for it',
    differs: ['play 1 (a) / debug / a / msg: [1], Ansible ["OMIT",1]'],
  },
  'types/odd-scalars': {
    why: 'DESIGN, Templates: text within an expression is data; Ansible evaluates the terms of a lookup once more',
    differs: ['play 1 (a) / debug / a / msg: "{{ 1 }}", Ansible "1"'],
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
  'flags/start-at-more': {
    why: "Ansible evaluates templates in --start-at-task with each play's variables, and fails in a play that lacks one; here the text is looked for as it is",
    differs: [
      'run 3 / play 2 (a) / second play / a / status: "ok", Ansible "failed"',
      'run 3 / play 2 (a) / second play / a / msg: "x", Ansible nothing',
      'run 3 / stats / a / failures: 0, Ansible 1',
      'run 3 / stats / a / ok: 2, Ansible 1',
      'run 3 / exit code: 0, Ansible 2',
    ],
  },
  'roles/errors': {
    why: 'Ansible ends the whole run, without a recap, where a file of an included role is not there; here the host fails, and a rescue helps',
    differs: [
      'play 1 (a): "4 tasks", Ansible nothing',
      'stats / a: {"ok":3,"changed":0,"unreachable":0,"failures":1,"skipped":0,"rescued":0,"ignored":0}, Ansible nothing',
      'exit code: 0, Ansible "1 or 4, before anything ran"',
    ],
  },
  'roles/argument-specs': {
    why: "Ansible keeps a role's tasks with their check of arguments from the first time, whatever rolespec_validate says later",
    differs: [
      'play 1 (a) / spec : debug: "a", Ansible nothing',
      'play 1 (a) / spec : Validating arguments against arg spec \'main\' - The main entry: nothing, Ansible "a"',
      'play 2 (a): "3 tasks", Ansible nothing',
      'stats / a / failures: 0, Ansible 1',
      'stats / a / ok: 11, Ansible 7',
      'exit code: 0, Ansible 2',
    ],
  },
  'roles/include-role': {
    why: 'a role that is not there is a failure; Ansible tells it on standard error, counts nothing and goes on without the host',
    differs: [
      'play 1 (a,b) / include_role : missing-role / a / status: "failed", Ansible "ok"',
      'play 1 (a,b) / include_role : missing-role / b / status: "failed", Ansible "ok"',
      'stats / a / failures: 1, Ansible 0',
      'stats / b / failures: 1, Ansible 0',
    ],
  },
  'errors/include-recursion': {
    why: 'a variable of an include that is made of the one of that name outside is that one; Ansible takes it for its own value and finds a loop',
    differs: ['play 1 (a) / include_tasks / a / status: "ok", Ansible "failed"', 'play 1 (a) / debug: "a", Ansible nothing', 'stats / a / ok: 3, Ansible 2'],
  },
  'errors/bad-when-type': {
    why: 'a mapping is no condition: refused, where Ansible takes it for true',
    differs: [
      'play 1 (a): nothing, Ansible "2 tasks"',
      'stats / a: nothing, Ansible {"changed":0,"failures":0,"ignored":0,"ok":2,"rescued":0,"skipped":0,"unreachable":0}',
      'exit code: "1 or 4, before anything ran", Ansible 0',
    ],
  },
  'errors/undefined-argument': { why: CERTAIN_FAULT, refuses: { exitCode: 4, says: 'nope' } },
  'public/site': {
    why: 'a handler of an included role that includes a file beside it finds it; Ansible finds it only where a play names the role',
    differs: [
      'run 1 / play 3 (db) / postgres : restart postgresql / b / status: "ok", Ansible "failed"',
      'run 1 / play 3 (db) / postgres : restart it: "b", Ansible nothing',
      'run 1 / stats / b / failures: 0, Ansible 1',
      'run 1 / stats / b / ok: 30, Ansible 28',
      'run 1 / exit code: 0, Ansible 2',
    ],
  },
}
