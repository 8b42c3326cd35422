/** Random templates, made from a seed: whatever they say, evaluation gives a value or a diagnostic, and never reaches JavaScript. */
import t from 'tap'
import type { Dict } from '../../../../runner/value/value.ts'
import { EscapeWatch, randomTemplates } from '../../../support/escapes.ts'

const COUNT = Number(process.env['PLAYLINE_FUZZ_ROUNDS'] ?? 800)

t.test('random templates', async (t) => {
  const watch = new EscapeWatch()
  const faults: string[] = []
  for (const template of randomTemplates(1, COUNT)) {
    const fault = watch.fault(template)
    if (fault !== undefined) faults.push(`${template}: ${fault}`)
  }
  t.same(faults, [], `${COUNT} tried`)
  t.same(watch.variables.get('l'), [3, 1, 2], 'the variables are as they were')
  t.same([...(watch.variables.get('d') as Dict).keys()], ['a', 'b'])
})
