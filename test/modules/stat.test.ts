import { createHash } from 'node:crypto'
import t from 'tap'
import module from '../../modules/stat.ts'
import { Content, Float } from '../../runner/module.ts'
import { Unknown } from '../../runner/value/value.ts'
import { UnknownIn, answer, link, simulateRead, textFile, type HostStates } from '../support/module.ts'

const real = (text: string) => ({ ...textFile(text, { mode: '4640', owner: 'frr' }), content: Content.digest('', text.length) })

function about(path: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    [`query:details:${path}`]: answer('regular file|101|0|1.5|2.25|3.0|3|16|65024|1|8|4096|0|0\n'),
    [`query:test-r:${path}`]: answer(''),
    [`query:test-w:${path}`]: answer('', 1),
    [`query:test-x:${path}`]: answer('', 1),
    [`query:sha1:${path}`]: answer(`${'a'.repeat(40)}  ${path}\n`),
    [`query:attributes:${path}`]: answer(`123 ----i---------e------- ${path}\n`),
    [`query:mime:${path}`]: answer(`${path}: text/plain; charset=us-ascii\n`),
    ...more,
  }
}

const statOf = (args: string, host: HostStates) => simulateRead(module, args, host).result['stat'] as Record<string, unknown>

t.test('a file', async (t) => {
  t.same(statOf('path: /f', { '/f': real('abc'), ...about('/f') }), {
    exists: true, path: '/f', mode: '4640', isdir: false, isreg: true, islnk: false, ischr: false, isblk: false, isfifo: false, issock: false,
    pw_name: 'frr', gr_name: 'root', size: 3, uid: 101, gid: 0, atime: new Float(1.5), mtime: new Float(2.25), ctime: new Float(3), inode: 16, dev: 65024, nlink: 1, blocks: 8, block_size: 4096, device_type: 0,
    rusr: true, wusr: true, xusr: false, rgrp: true, wgrp: false, xgrp: false, roth: false, woth: false, xoth: false, isuid: true, isgid: false,
    readable: true, writeable: false, executable: false,
    checksum: 'a'.repeat(40), attributes: ['immutable', 'extents'], attr_flags: 'ie', version: '123', mimetype: 'text/plain', charset: 'us-ascii',
  }) // prettier-ignore
})

t.test('nothing there', async (t) => {
  t.same(statOf('path: /f', about('/f', { 'query:details:/f': answer('', 1) })), { exists: false })
  t.same(statOf('path: ""', {}), { exists: false })
})

t.test('a link, and what it leads to', async (t) => {
  const host = { '/l': link('f'), '/f': real('abc'), ...about('/l'), ...about('/f'), 'query:realpath:/l': answer('/f\n') }
  t.match(statOf('path: /l', host), { islnk: true, isreg: false, mode: '0777', lnk_target: 'f', lnk_source: '/f', checksum: undefined })
  t.match(statOf('path: /l\nfollow: true', host), { islnk: false, isreg: true, path: '/l', checksum: 'a'.repeat(40) })
})

t.test('only regular files are read', async (t) => {
  const pipe = {
    '/p': { type: 'other', mode: '0644', owner: 'root', group: 'root' },
    ...about('/p', { 'query:details:/p': answer('fifo|0|0|1|1|1|0|1|1|1|0|4096|0|0\n') }),
  }
  t.notOk(simulateRead(module, 'path: /p', pipe).read.some((resource) => resource.startsWith('query:sha1')))
  t.match(statOf('path: /p', pipe), { isfifo: true, issock: false, checksum: undefined })
})

t.test('a disk has a number', async (t) => {
  const disk = {
    '/d': { type: 'other', mode: '0660', owner: 'root', group: 'disk' },
    ...about('/d', { 'query:details:/d': answer('block special file|0|6|1|1|1|0|1|5|1|0|4096|8|1\n') }),
  }
  t.match(statOf('path: /d', disk), { isblk: true, device_type: 2049 })
})

t.test('a file that a dry run foresees', async (t) => {
  const unknown = Object.fromEntries(Object.keys(about('/f')).map((resource) => [resource, new UnknownIn()]))
  const stat = statOf('path: /f', { '/f': textFile('abc'), ...unknown })
  t.match(stat, { exists: true, size: 3, mode: '0644', checksum: createHash('sha1').update('abc').digest('hex') })
  t.ok(stat['uid'] instanceof Unknown && stat['readable'] instanceof Unknown, 'the rest is unknown')
})

t.test('wishes', async (t) => {
  const plain = simulateRead(module, 'path: /f\nget_checksum: false\nget_attributes: false\nget_mime: false', { '/f': real('a'), ...about('/f') })
  t.notOk(plain.read.some((resource) => /sha1|attributes|mime/.test(resource)))
  t.equal(statOf('path: /f\nchecksum_algorithm: md5', { '/f': real('a'), ...about('/f'), 'query:md5:/f': answer('0123  /f\n') })['checksum'], '0123')
  t.match(statOf('path: /f\nget_md5: true', { '/f': real('a'), ...about('/f'), 'query:md5:/f': answer('0123  /f\n'), 'query:mime:/f': answer('', 127) }), {
    md5: '0123',
    mimetype: 'unknown',
  })
})
