import t from 'tap'
import module from '../../modules/script.ts'
import { NothingDone } from '../../runner/module.ts'
import { simulateAction, textFile } from '../support/module.ts'

const controller = { "sub/s.sh 'a b' c": '#!/bin/sh\n' }
const steps = (more = '') =>
  simulateAction(module, `cmd: "sub/s.sh 'a b' c"\n${more}`, {}, { controller }).steps.map((step) => step.replaceAll(/playline-[0-9a-f]{24}/g, 'UNIQUE'))

t.test('it is put, run and taken away', async (t) => {
  t.same(steps(), ['put /tmp/UNIQUE-s.sh 0700 :', `/bin/sh -c "/tmp/UNIQUE-s.sh 'a b' c"`, 'rm -f /tmp/UNIQUE-s.sh'])
  t.equal(steps('executable: python3 -u\nchdir: /srv/a b')[1], `/bin/sh -c "cd '/srv/a b' && python3 -u /tmp/UNIQUE-s.sh 'a b' c"`)
  t.throws(() => steps('chdir: srv'), NothingDone)
  const failing = simulateAction(
    module,
    's.sh',
    {},
    { reply: (step) => (step.kind === 'run' && step.argv[0] === '/bin/sh' ? { exitCode: 4, stdout: 'x\r\n' } : {}) },
  )
  t.match(failing.result, { rc: 4, stdout: 'x\r\n', stdout_lines: ['x'], failed: true, msg: 'non-zero return code' })
})

t.test('a name that means something to a shell', async (t) => {
  const { steps } = simulateAction(module, `cmd: "'a b$(c).sh' d"`, {}, { controller: { "'a b$(c).sh' d": '#!/bin/sh\n' } })
  t.match(steps[1], /^\/bin\/sh -c "'\/tmp\/playline-[0-9a-f]{24}-a_b__c_\.sh' d"$/)
})

t.test('guards', async (t) => {
  const guarded = simulateAction(module, 'cmd: s.sh\ncreates: /f', { '/f': textFile('') })
  t.match(guarded, { skipped: true, result: { msg: '/f exists, matching creates option' } })
  t.match(simulateAction(module, 'cmd: s.sh\nremoves: /f'), { skipped: true, result: { msg: '/f does not exist, matching removes option' } })
  t.equal(simulateAction(module, 'cmd: s.sh\ncreates: /f').guarded, false)
})
