import t from 'tap'
import module from '../../modules/ping.ts'
import { answer, simulateRead } from '../support/module.ts'

t.test('what it answers', async (t) => {
  const ping = (args: string) => simulateRead(module, args, { 'live:answers': answer('') })
  t.match(ping('{}'), { missing: [], result: { ping: 'pong' } })
  t.match(ping('data: hello'), { missing: [], result: { ping: 'hello' } })
  t.same(ping('data: crash').missing, ['boom'])
})
