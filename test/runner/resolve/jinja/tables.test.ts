/** The tables of filters and tests: all of Jinja2's, all of ansible-core's, each documented. */
import t from 'tap'
import { FILTERS } from '../../../../runner/resolve/jinja/filter/index.ts'
import { TESTS } from '../../../../runner/resolve/jinja/test/index.ts'
import { faultOf, valueOf } from './helper.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

const JINJA_FILTERS = words(`abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape format groupby indent int
  items join last length list lower map max min pprint random reject rejectattr replace reverse round safe select selectattr slice sort string striptags sum
  title tojson trim truncate unique upper urlencode urlize wordcount wordwrap xmlattr`)

const ANSIBLE_FILTERS = words(`b64decode b64encode basename bool checksum combinations combine comment dict2items difference dirname expanduser expandvars
  extract fileglob flatten from_json from_yaml from_yaml_all hash human_readable human_to_bytes intersect items2dict log mandatory md5 password_hash path_join
  permutations pow product quote random realpath regex_escape regex_findall regex_replace regex_search rekey_on_member relpath root sha1 shuffle split splitext
  strftime subelements symmetric_difference ternary to_datetime to_json to_nice_json to_nice_yaml to_uuid to_yaml type_debug union unique unvault urldecode urlsplit vault win_basename
  win_dirname win_splitdrive zip zip_longest`)

const JINJA_TESTS =
  words(`boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in integer iterable le lessthan lower
  lt mapping ne none number odd sameas sequence string test true undefined upper == != < <= > >=`)

const ANSIBLE_TESTS = words(`abs all any change changed contains directory exists failed failure falsy file finished is_abs is_dir is_file is_link is_mount
  is_same_file isnan issubset issuperset link link_exists match mount nan reachable regex same_file search skip skipped started subset succeeded success
  successful superset truthy unreachable uri url urn vault_encrypted version version_compare`)

t.test('every filter is there', async (t) => {
  t.same(
    [...JINJA_FILTERS, ...ANSIBLE_FILTERS].filter((name) => FILTERS.find(name) === undefined),
    [],
  )
})

t.test('every test is there', async (t) => {
  t.same(
    [...JINJA_TESTS, ...ANSIBLE_TESTS].filter((name) => TESTS.find(name) === undefined),
    [],
  )
})

t.test('fully qualified names', async (t) => {
  t.equal(valueOf("'a' | ansible.builtin.b64encode"), 'YQ==')
  t.equal(valueOf("'10.0.0.1/24' | ansible.utils.ipaddr('prefix')"), 24)
  t.equal(valueOf("'10.0.0.1/24' | ansible.netcommon.ipaddr('prefix')"), 24)
  t.same(valueOf("[{'a': 1}] | community.general.json_query('[].a')"), [1])
  t.equal(valueOf("'a' is ansible.builtin.match('a')"), true)
  t.equal(valueOf("'10.0.0.1' is ansible.utils.in_network('10.0.0.0/8')"), true)
  t.equal(faultOf(() => valueOf("'a' | community.general.b64encode")).code, 'UNKNOWN_FILTER')
  // As in Ansible, Jinja2's own are in no collection.
  t.equal(faultOf(() => valueOf("'a' | ansible.builtin.upper")).code, 'UNKNOWN_FILTER')
  t.equal(faultOf(() => valueOf('x is ansible.builtin.defined')).code, 'UNKNOWN_TEST')
})

t.test('every entry is documented', async (t) => {
  for (const { operation, collection } of [...FILTERS.entries, ...TESTS.entries]) {
    t.match(operation.summary, /\.$/, `${collection}.${operation.name}`)
    t.match(collection, /^(?:\w+\.\w+|Jinja2)$/)
  }
})

t.test('arguments are checked against the signature', async (t) => {
  const table: [string, string][] = [
    ["'a' | upper(1)", "filter 'upper' takes at most 0 arguments (1 given)"],
    ["'a' | replace('b')", "filter 'replace' is missing its argument 'new'"],
    ["'a' | center(width=5, width2=1)", "filter 'center' got an unexpected keyword argument 'width2'"],
    ["'a' | center(5, width=5)", "filter 'center' got multiple values for argument 'width'"],
    ["'a' | center('x')", "argument 'width' of filter 'center' must be an integer, not str"],
    ["'a' is match", "test 'match' is missing its argument 'pattern'"],
  ]
  for (const [text, summary] of table) t.equal(faultOf(() => valueOf(text)).summary, summary, text)
})
