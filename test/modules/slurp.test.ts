import t from 'tap'
import module from '../../modules/slurp.ts'
import { Content } from '../../runner/module.ts'
import { folder, link, simulateRead, textFile } from '../support/module.ts'

t.test('the content', async (t) => {
  t.same(simulateRead(module, 'src: /f', { '/f': textFile('hi\n') }).result, { content: 'aGkK', encoding: 'base64', source: '/f' })
  t.same(simulateRead(module, 'path: /l', { '/l': link('f'), '/f': textFile('') }).result, { content: '', encoding: 'base64', source: '/l' })
})

t.test('failures', async (t) => {
  t.same(simulateRead(module, 'src: /f').missing, ['file not found: /f'])
  t.same(simulateRead(module, 'src: /f', { '/f': folder() }).missing, ['source is a directory and must be a file: /f'])
  t.same(simulateRead(module, 'src: /f', { '/f': { type: 'other', mode: '0600', owner: 'root', group: 'root' } }).missing, ['source is not a regular file: /f'])
  t.same(simulateRead(module, 'src: /f', { '/f': { ...textFile(''), content: Content.digest('0', 1e9) } }).missing, ['the file is larger than 16 MiB: /f'])
})
