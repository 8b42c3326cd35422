import t from 'tap'
import { FrameError, FrameReader } from '../../../../runner/port/shell/frames.ts'

const NONCE = '0123456789abcdef0123456789abcdef'

t.test('a frame is what stands before the nonce, however the bytes are cut', async (t) => {
  const binary = Buffer.from([0, 10, 255, 0, 13, 10])
  const stream = Buffer.concat([binary, Buffer.from(`${NONCE} 0\n`), Buffer.from(`${NONCE} !no such file\nabc${NONCE}\n`)])
  for (let size = 1; size <= stream.length; size++) {
    const reader = new FrameReader(NONCE)
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size))
    t.same(await reader.next(100), { payload: binary, sizeBytes: 6, word: '0' }, `in pieces of ${size}`)
    t.same(await reader.next(100), { payload: Buffer.alloc(0), sizeBytes: 0, word: '!no such file' })
    t.same(await reader.next(100), { payload: Buffer.from('abc'), sizeBytes: 3, word: '' })
  }
})

t.test('the beginning of a nonce inside the payload is payload', async (t) => {
  const reader = new FrameReader(NONCE)
  const frame = reader.next(100)
  for (const piece of [NONCE.slice(0, 20), 'x', NONCE.slice(0, 31), NONCE, ' 1\n']) reader.push(Buffer.from(piece))
  t.same(await frame, { payload: Buffer.from(`${NONCE.slice(0, 20)}x${NONCE.slice(0, 31)}`), sizeBytes: 52, word: '1' })
})

t.test('what is over the limit is dropped, and the stream stays in step', async (t) => {
  const reader = new FrameReader(NONCE)
  reader.push(Buffer.from(`0123456789${NONCE} 0\nnext${NONCE} 0\n`))
  t.same(await reader.next(4, 100), { payload: Buffer.from('0123'), sizeBytes: 10, word: '0' })
  t.same((await reader.next(4)).payload, Buffer.from('next'))
})

t.test('a frame without an end is given up', async (t) => {
  const reader = new FrameReader(NONCE)
  const frame = reader.next(10, 100)
  reader.push(Buffer.alloc(1000, 'x'))
  await t.rejects(frame, new FrameError('runaway'))
})

t.test('the end of the stream ends a frame, and what came of it is there for a message', async (t) => {
  const reader = new FrameReader(NONCE)
  const frame = reader.next(100)
  reader.push(Buffer.from('sudo: a password is required\n'))
  reader.end()
  await t.rejects(frame, new FrameError('ended'))
  t.equal(reader.unfinished(), 'sudo: a password is required\n')
  await t.rejects(reader.next(100), new FrameError('ended'))
})
