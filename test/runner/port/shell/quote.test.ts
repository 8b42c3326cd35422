import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import t from 'tap'
import { quote, quoteAll } from '../../../../runner/port/shell/quote.ts'
import { NASTY } from '../support/nasty.ts'

t.test('a shell reads back what was quoted', async (t) => {
  for (const shell of ['/bin/dash', '/bin/bash', '/bin/busybox', '/usr/bin/busybox', '/bin/zsh'].filter((path) => existsSync(path))) {
    const args = [...(shell.endsWith('busybox') ? ['sh'] : []), '-c', `printf '%s\\0' ${quoteAll(NASTY)}`]
    t.same(execFileSync(shell, args, { encoding: 'utf8' }).split('\0').slice(0, -1), NASTY, shell)
  }
})

t.test('plain words stay readable', async (t) => {
  t.equal(quoteAll(['systemctl', 'show', '--no-pager', 'frr.service', '/etc/a_b', 'a@b:c,d+e']), 'systemctl show --no-pager frr.service /etc/a_b a@b:c,d+e')
  t.equal(quote('=ls'), "'=ls'")
  t.equal(quote('~'), "'~'")
})

t.test('no argument can hold a NUL', async (t) => {
  t.throws(() => quote('a\0b'), { code: undefined, message: 'an argument of a program cannot hold a NUL byte' })
})
