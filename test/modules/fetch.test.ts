import t from 'tap'
import module from '../../modules/fetch.ts'
import { folder, link, simulate, textFile } from '../support/module.ts'

const home = { 'controller:/home/host-1/etc/x': { type: 'absent' }, 'controller:/home/flat': { type: 'absent' } }

t.test('where it goes', async (t) => {
  const steps = (args: string, host: object = {}) => simulate(module, args, { ...home, '/etc/x': textFile('x\n'), ...host }).steps
  t.same(steps('src: /etc/x\ndest: /home'), ['on the controller: put /home/host-1/etc/x 0644 :'])
  t.same(steps('src: /etc/x\ndest: /home/flat\nflat: true'), ['on the controller: put /home/flat 0644 :'])
  t.same(steps('src: /etc/x\ndest: /home/\nflat: true', { 'controller:/home/x': { type: 'absent' } }), ['on the controller: put /home/x 0644 :'])
  t.same(steps('src: /etc/x\ndest: /home', { 'controller:/home/host-1/etc/x': textFile('x\n', { owner: '0', group: '0' }) }), [])
  t.same(steps('src: /etc/l\ndest: /home/flat\nflat: true', { '/etc/l': link('/etc/x') }), ['on the controller: put /home/flat 0644 :'])
})

t.test('what is told', async (t) => {
  t.match(simulate(module, 'src: /etc/x\ndest: /home', { ...home, '/etc/x': textFile('x\n') }).result, {
    dest: '/home/host-1/etc/x',
    checksum: '6fcf9dfbd479ed82697fee719b9f8c610a11ff2a',
    remote_checksum: '6fcf9dfbd479ed82697fee719b9f8c610a11ff2a',
    md5sum: '401b30e3b8b5d629635a5c613cdb7919',
  })
  t.same(simulate(module, 'src: /etc/x\ndest: /home\nfail_on_missing: false', home).result, {
    file: '/etc/x',
    msg: 'the remote file does not exist, not transferring, ignored',
  })
})

t.test('refusals', async (t) => {
  const summary = (args: string, host: object) => simulate(module, args, { ...home, ...host }).refusals[0]?.summary
  t.equal(summary('src: /etc/x\ndest: /home', {}), 'the remote file does not exist, not transferring, ignored')
  t.equal(summary('src: /etc/x\ndest: /home', { '/etc/x': folder() }), 'remote file is a directory, fetch cannot work on directories')
  t.match(summary('src: /etc/x\ndest: /home/flat\nflat: true', { '/etc/x': textFile('x'), 'controller:/home/flat': folder() }), /use a trailing slash/)
})
