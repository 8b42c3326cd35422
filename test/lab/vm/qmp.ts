/** QEMU's monitor: commands as JSON lines over a socket. https://www.qemu.org/docs/master/interop/qmp-spec.html */

import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { LabError } from '../errors.ts'

const replyTimeoutMs = 30_000

/** A command's answer: what QEMU gives for it. */
type Ask = (command: string, args?: object) => Promise<unknown>

/** Calls `work` with a connection to the monitor, and closes it. */
export async function withMonitor<T>(socketFile: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const socket = connect(socketFile)
  socket.setTimeout(replyTimeoutMs, () => socket.destroy(new Error(`no answer in ${replyTimeoutMs / 1000} s`)))
  try {
    const replies = repliesOf(socket)
    await replies.next() // The greeting.
    const ask: Ask = async (command, args = {}) => {
      socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`)
      for (;;) {
        const { value, done } = await replies.next()
        if (done) throw new LabError(`QEMU ended before it answered "${command}"`)
        // In between come events.
        if ('error' in value) throw new LabError(`QEMU refuses "${command}": ${value.error.desc}`)
        if ('return' in value) return value.return
      }
    }
    await ask('qmp_capabilities')
    return await work(ask)
  } catch (cause) {
    throw cause instanceof LabError ? cause : new LabError(`QEMU's monitor does not answer: ${(cause as Error).message}`)
  } finally {
    socket.destroy()
  }
}

type Reply = { readonly return: unknown } | { readonly error: { readonly desc: string } } | { readonly event: string }

async function* repliesOf(socket: Socket): AsyncGenerator<Reply, undefined> {
  for await (const line of createInterface({ input: socket })) yield JSON.parse(line) as Reply
}
