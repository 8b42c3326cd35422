import t from 'tap'
import module from '../../modules/lineinfile.ts'
import { Content, UnknownStateError } from '../../runner/module.ts'
import { UnknownIn, answer, folder, link, parametersOf, simulate, textFile } from '../support/module.ts'

/** The text after, or undefined where nothing changes, and `msg`. */
function edit(text: string, args: string): [string | undefined, unknown] {
  const { puts, result } = simulate(module, `path: /f\n${args}`, { '/f': textFile(text) })
  return [puts['/f'], result['msg']]
}

t.test('present', async (t) => {
  const table: [string, string, string, string | undefined, string][] = [
    ['adds at the end', 'a\n', 'line: b', 'a\nb\n', 'line added'],
    ['ends a last line first', 'a', 'line: b', 'a\nb\n', 'line added'],
    ['into an empty file', '', 'line: b', 'b\n', 'line added'],
    ['leaves a line that is there', 'b\na\n', 'line: b', undefined, ''],
    ['replaces the last match', 'bgpd=no\nx\nbgpd=no\n', 'regexp: ^bgpd=\nline: bgpd=yes', 'bgpd=no\nx\nbgpd=yes\n', 'line replaced'],
    ['replaces the first match', 'bgpd=no\nbgpd=no\n', 'regexp: ^bgpd=\nline: bgpd=yes\nfirstmatch: true', 'bgpd=yes\nbgpd=no\n', 'line replaced'],
    ['adds where nothing matches', 'x\n', 'regexp: ^bgpd=\nline: bgpd=yes', 'x\nbgpd=yes\n', 'line added'],
    ['finds the line itself where nothing matches', 'bgpd=yes\nx\n', 'regexp: ^zebra=\nline: bgpd=yes', undefined, ''],
    ['by a text', 'a.c\nabc\n', 'search_string: a.c\nline: x', 'x\nabc\n', 'line replaced'],
    ['$ stands before the newline', 'ab\nb\n', 'regexp: a$\nline: x', 'ab\nb\nx\n', 'line added'],
    ['a line with a carriage return is replaced', 'a\r\nb\r\n', 'line: a', 'a\nb\r\n', 'line replaced'],
    ['references', 'Port 22\n', "regexp: '^#?(?P<key>Port)\\s+(\\d+)'\nline: '\\g<key>=\\2'\nbackrefs: true", 'Port=22\n', 'line replaced'],
    ['references without a match', 'x\n', "regexp: '^(a)'\nline: '\\1'\nbackrefs: true", undefined, ''],
    ['after the last match', 'a\nb\na\nc\n', 'insertafter: ^a\nline: x', 'a\nb\na\nx\nc\n', 'line added'],
    ['after the first match', 'a\nb\na\nc\n', 'insertafter: ^a\nline: x\nfirstmatch: true', 'a\nx\nb\na\nc\n', 'line added'],
    ['before the last match', 'a\nb\na\nc\n', 'insertbefore: ^a\nline: x', 'a\nb\nx\na\nc\n', 'line added'],
    ['after a last line without a newline', 'a', 'insertafter: ^a\nline: x', 'a\nx\n', 'line added'],
    ['after nothing that matches', 'a\n', 'insertafter: ^z\nline: x', 'a\nx\n', 'line added'],
    ['at the beginning', 'a\n', 'insertbefore: BOF\nline: x', 'x\na\n', 'line added'],
    ['after the beginning', 'a\n', 'insertafter: BOF\nline: x', 'x\na\n', 'line added'],
    ['at the end', 'a\n', 'insertafter: EOF\nline: x', 'a\nx\n', 'line added'],
    ['no second time at a place', 'a\nx\nb\n', 'insertafter: ^a\nline: x', undefined, ''],
    ['several lines for one that matches', 'a\n', 'regexp: ^a$\nline: "x\\ny"', 'x\ny\n', 'line replaced'],
    ['a newline at the end of the wish', 'a\n', 'line: "b\\n"', 'a\nb\n', 'line added'],
    ['beyond ASCII', 'é=1\n', 'regexp: ^é=\nline: é=2', 'é=2\n', 'line replaced'],
  ]
  for (const [name, before, args, after, message] of table) t.same(edit(before, args), [after, message], name)
})

t.test('absent', async (t) => {
  t.same(edit('a\nb\na\n', 'state: absent\nline: a'), ['b\n', '2 line(s) removed'])
  t.same(edit('a\nb\n', 'state: absent\nregexp: ^[ab]$'), ['', '2 line(s) removed'])
  t.same(edit('a.c\nabc\n', 'state: absent\nsearch_string: a.c'), ['abc\n', '1 line(s) removed'])
  t.same(edit('a\n', 'state: absent\nline: b'), [undefined, ''])
  t.equal(simulate(module, 'path: /f\nstate: absent\nline: b', { '/f': textFile('b\n') }).result['found'], 1)
  t.same(simulate(module, 'path: /f\nstate: absent\nline: b').result, { msg: 'file not present' })
})

t.test('the file', async (t) => {
  t.same(simulate(module, 'path: /srv/a/f\nline: b\ncreate: true\nmode: "0600"', { '/srv': folder() }).steps, [
    'mkdir -m 00755 /srv/a',
    'chown root:root /srv/a',
    'put /srv/a/f 0600 root:root',
  ])
  t.same(simulate(module, 'path: /f\nline: b\nmode: "0600"', { '/f': textFile('b\n') }).steps, ['chmod 0600 /f'])
  t.same(
    simulate(module, 'path: /etc/l\nline: b', {
      '/etc/l': link('../f'),
      'query:realpath:/etc': answer('/etc\n'),
      '/f': textFile('a\n', { mode: '0600', owner: 'frr' }),
    }).steps,
    ['put /f 0600 frr:root'],
  )
  t.same(simulate(module, 'path: /f\nline: b\nbackup: true\nvalidate: sshd -t -f %s', { '/f': textFile('a\n') }).steps, [
    'cp -p /f /f.2269286341.2026-01-31@10:15:59~',
    'put /f 0644 root:root validated by sshd -t -f %s',
  ])
  const latin = simulate(module, 'path: /f\nline: b', { '/f': { ...textFile(''), content: Content.of(Buffer.from('\xe9\n', 'latin1')) } })
  t.same(latin.yielded[0]?.kind === 'put' && latin.yielded[0].content.bytes, Buffer.from('\xe9\nb\n', 'latin1'), 'an encoding that is not UTF-8 stays')
})

t.test('refusals', async (t) => {
  const summary = (args: string, before = {}) => simulate(module, args, before).refusals[0]?.summary
  t.equal(summary('path: /f\nline: b'), 'Destination /f does not exist !')
  t.equal(summary('path: /f\nline: b', { '/f': folder() }), 'Path /f is a directory !')
  t.match(summary('path: /f\nline: b', { '/f': { ...textFile(''), content: Content.digest('0'.repeat(64), 1e9) } }), /too large/)
  t.match(summary("path: /f\nregexp: '^a'\nline: '\\1'\nbackrefs: true", { '/f': textFile('a\n') }), /refers to group 1/)
})

t.test('results', async (t) => {
  const result = (args: string) => simulate(module, args, { '/f': textFile('a\n') }).result
  t.same(result('path: /f\nline: a'), { msg: '', backup: '' })
  t.same(result('path: /f\nline: b\nbackup: true'), { msg: 'line added', backup: '/f.2269286341.2026-01-31@10:15:59~' })
  t.same(result('path: /f\nline: a\nmode: "0600"'), { msg: 'ownership, perms or SE linux context changed', backup: '' })
  t.same(result('path: /f\nline: b\nmode: "0600"'), { msg: 'line added and ownership, perms or SE linux context changed', backup: '' })
  t.same(simulate(module, 'path: /f\nline: b\ncreate: true\nmode: "0600"').result, {
    msg: 'line added and ownership, perms or SE linux context changed',
    backup: '',
  })
  t.same(simulate(module, 'path: /f\nline: b\ncreate: true').result, { msg: 'line added', backup: '' })
})

t.test('a file that a dry run does not know makes the task unknown', async (t) => {
  t.throws(() => simulate(module, 'path: /f\nline: b', { '/f': new UnknownIn() }, { check: true }), UnknownStateError)
})

t.test('parameters', async (t) => {
  const refuses = (args: string, message: RegExp) => t.throws(() => parametersOf(module, `path: /f\n${args}`), message, args)
  refuses('regexp: a', /line is required with state=present/)
  refuses('state: absent', /one of line, search_string, or regexp is required/)
  refuses('line: a\nbackrefs: true', /regexp is required with backrefs/)
  refuses('line: a\nregexp: a\nsearch_string: a', /mutually exclusive/)
  refuses('line: a\ninsertafter: a\ninsertbefore: a', /mutually exclusive/)
  refuses('line: a\nregexp: (', /not valid or not supported/)
  t.match(parametersOf(module, 'dest: /f\nvalue: a\nregex: b'), { path: '/f', line: 'a', regexp: 'b' })
})
