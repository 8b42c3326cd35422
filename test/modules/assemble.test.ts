import t from 'tap'
import module from '../../modules/assemble.ts'
import { answer, folder, simulate, textFile } from '../support/module.ts'

const PARTS = {
  '/etc': folder(),
  '/parts': folder(),
  'query:files:/parts': answer('2\x000\x00.h\x001\x00'),
  '/parts/0': textFile('zero'),
  '/parts/1': textFile('one\n'),
  '/parts/2': textFile('two\n'),
  '/parts/.h': textFile('hidden\n'),
}

t.test('the files in the order of their names', async (t) => {
  const text = (args: string) => simulate(module, `src: /parts\ndest: /etc/all\n${args}`, PARTS).puts['/etc/all']
  t.equal(text(''), 'hidden\nzero\none\ntwo\n')
  t.equal(text('ignore_hidden: true'), 'zero\none\ntwo\n')
  t.equal(text("regexp: '^[01]$'"), 'zero\none\n')
  t.equal(text("ignore_hidden: true\ndelimiter: '---'"), 'zero\n---\none\n---\ntwo\n')
  t.equal(text("regexp: '^[01]$'\ndelimiter: '\\n#\\n'"), 'zero\n\n#\none\n')
})

t.test('what is there', async (t) => {
  const { steps, result } = simulate(module, 'src: /parts/\ndest: /etc/all\nregexp: ^1\nbackup: true\nmode: "0600"', {
    ...PARTS,
    '/etc/all': textFile('old\n'),
  })
  t.match(steps[0], /^cp -p \/etc\/all \/etc\/all\.\d+\.2026-01-31@10:15:59~$/)
  t.same(steps.slice(1), ['put /etc/all 0600 root:root'])
  t.match(result, { dest: '/etc/all', src: '/parts/', msg: 'OK', mode: '0600', state: 'file' })
  t.same(simulate(module, 'src: /parts\ndest: /etc/all\nregexp: ^1', { ...PARTS, '/etc/all': textFile('one\n') }).steps, [])
})

t.test('refusals', async (t) => {
  const summary = (before: object) =>
    simulate(module, 'src: /parts\ndest: /etc/all', { '/etc': folder(), 'query:files:/parts': answer(''), ...before }).refusals[0]?.summary
  t.equal(summary({}), 'Source (/parts) does not exist')
  t.equal(summary({ '/parts': textFile('x') }), 'Source (/parts) is not a directory')
})
