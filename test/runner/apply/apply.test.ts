import t from 'tap'
import { apply, wordsOf } from '../../../runner/apply/apply.ts'
import { Content } from '../../../runner/contract/content.ts'
import { put, run, StepFailure, type Step, type StepReply } from '../../../runner/contract/step.ts'
import { MemoryPort } from '../../../runner/port/memory/memory-port.ts'
import { NO_CLOUD } from '../../support/cloud.ts'

type Steps = Generator<Step, unknown, StepReply>
const attributes = { mode: '0644', owner: 'root', group: 'root' }

function host(): MemoryPort {
  return new MemoryPort({
    run: ({ argv }) => (argv[0] === 'fails' ? { exitCode: 3, stdout: 'said\n', stderr: 'went wrong\n' } : argv[0] === 'works' ? 'fine\n' : undefined),
    validate: () => ({ exitCode: 1, stdout: '', stderr: 'syntax error' }),
  })
}

async function carryOut(steps: () => Steps, port = host()): Promise<{ returned: unknown; done: string[] }> {
  const done: string[] = []
  const returned = await apply(steps(), { port, cloud: NO_CLOUD, become: undefined, environment: { LANG: 'C' }, done: (step) => done.push(step.kind) })
  return { returned, done }
}

t.test('steps are carried out in order, and their replies come back', async (t) => {
  const port = host()
  const { returned, done } = await carryOut(function* () {
    const first = yield put('/x', Content.of('x'), attributes)
    const second = yield run(['works'], { environment: { A: 'b' } })
    return [first.exitCode, second.stdout]
  }, port)
  t.same(returned, [0, 'fine\n'])
  t.same(done, ['put', 'run'])
  t.equal(port.text('/x'), 'x')
  t.same(port.runs[0]!.environment, { LANG: 'C', A: 'b' })
})

t.test('what fails, with the words of the program', async (t) => {
  const table: { name: string; steps: () => Steps; message: string; detail: string | undefined }[] = [
    {
      name: 'an exit code',
      steps: function* () {
        yield run(['fails', 'now'])
      },
      message: 'fails now ended with exit code 3',
      detail: 'went wrong\nsaid',
    },
    {
      name: 'of a step with a secret only the program is named',
      steps: function* () {
        yield run(['fails', 'hunter2'], { secret: true })
      },
      message: 'fails ended with exit code 3',
      detail: 'went wrong\nsaid',
    },
    {
      name: 'a content that does not validate',
      steps: function* () {
        yield put('/x', Content.of('x'), { ...attributes, validate: ['visudo', '-cf', '%s'] })
      },
      message: '/x was not replaced: the new content did not pass visudo, or it could not be written',
      detail: 'syntax error',
    },
    {
      name: 'what a module finds in a reply',
      steps: function* () {
        const reply = yield run(['fails'], { okExitCodes: 'any' })
        throw new StepFailure('it refused', reply)
      },
      message: 'it refused',
      detail: 'went wrong\nsaid',
    },
    {
      name: 'a folder that is not there',
      steps: function* () {
        yield put('/no/x', Content.of('x'), attributes)
      },
      message: 'cannot write /no/x: its folder does not exist',
      detail: undefined,
    },
  ]
  for (const { name, steps, message, detail } of table) {
    const error = await carryOut(steps).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    t.match(error, { first: { code: 'STEP_FAILED', summary: message } }, name)
    t.equal((error as { first: { detail?: string } }).first.detail, detail, name)
  }
})

t.test('exit codes that are accepted', async (t) => {
  t.same(
    (
      await carryOut(function* () {
        return (yield run(['fails'], { okExitCodes: [0, 3] })).exitCode
      })
    ).returned,
    3,
  )
  t.same(
    (
      await carryOut(function* () {
        return (yield run(['fails'], { okExitCodes: 'any' })).exitCode
      })
    ).returned,
    3,
  )
})

t.test('the first failure is the last step', async (t) => {
  const port = host()
  await t.rejects(
    carryOut(function* () {
      yield run(['fails'])
      yield run(['works'])
    }, port),
  )
  t.same(
    port.runs.map(({ step }) => step.argv[0]),
    ['fails'],
  )
})

t.test('a module without an end is a defect', async (t) => {
  await t.rejects(
    carryOut(function* () {
      for (;;) yield run(['works'])
    }),
    /more steps than any needs/,
  )
})

t.test('a defect of a module is no failure of a step', async (t) => {
  await t.rejects(
    carryOut(function* () {
      yield run(['works'])
      throw new TypeError('oops')
    }),
    { name: 'TypeError' },
  )
})

t.test('words are cut to the last forty lines', async (t) => {
  const reply = { exitCode: 1, stdout: '', stderr: Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n') }
  t.equal(wordsOf(reply)!.split('\n').length, 40)
  t.match(wordsOf(reply), /^line 10\n/)
  t.equal(wordsOf({ exitCode: 1, stdout: '\n', stderr: ' ' }), undefined)
})
