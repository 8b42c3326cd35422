/** Whether a host can be logged in to and answers. */
import { hostAnswers, param, read, z } from '../runner/module.ts'

export default read({
  summary: 'Logs in and answers: whether a host can be managed.',
  params: () => z.object({ data: param.string().default('pong').describe('What it answers under `ping`. With `crash` it fails.') }).strict(),
  examples: [
    { name: 'Are they there', args: '{}' },
    { name: 'With an answer of its own', args: 'data: here' },
  ],
  returns: { ping: 'what `data` says' },
  probe: () => ({ answers: hostAnswers() }),
  missing: (_, p) => (p.data === 'crash' ? ['boom'] : []),
  result: ({ params: p }) => ({ ping: p.data === 'crash' ? undefined : p.data }),
})
