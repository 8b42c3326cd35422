/**
 * Every keyword of Ansible's playbook language: where it may stand, what kind of value it takes, and whether Playline
 * acts on it. A keyword that Playline does not act on is refused, never ignored.
 */

export type Place = 'play' | 'role' | 'block' | 'task'

/**
 * `text` and `boolean` and `integer` may be templates; `names` is a list of text or one text with commas, and so are `tags`, which are no number; `conditions` is an
 * expression or a list of them; `variable` is the name of a variable and `variables` a mapping of such names, neither a template;
 * `map` is a mapping; `defaults` a mapping of arguments by modules, or a list of such; `items` is a list of tasks; `any` is read by whoever uses it.
 */
export type KeywordKind =
  'text' | 'boolean' | 'integer' | 'number' | 'names' | 'tags' | 'conditions' | 'variable' | 'variables' | 'map' | 'arguments' | 'defaults' | 'items' | 'any'

export interface Keyword {
  readonly kind: KeywordKind
  readonly places: readonly Place[]
  /** Why it is refused, as the end of "is not supported: …"; undefined where it is supported. */
  readonly refused?: string
  /** True where the value has no effect here and that is sound. */
  readonly noEffect?: true
  /** What is to be known of it, for the documentation. */
  readonly note?: string
}

const EVERYWHERE: readonly Place[] = ['play', 'role', 'block', 'task']

/** Ansible 2.14's keywords, by name. */
export const KEYWORDS: Readonly<Record<string, Keyword>> = {
  name: { kind: 'text', places: EVERYWHERE },
  vars: { kind: 'variables', places: EVERYWHERE },
  tags: { kind: 'tags', places: EVERYWHERE },
  when: { kind: 'conditions', places: ['role', 'block', 'task'] },
  become: { kind: 'boolean', places: EVERYWHERE },
  become_user: { kind: 'text', places: EVERYWHERE },
  become_method: { kind: 'text', places: EVERYWHERE },
  become_flags: { kind: 'text', places: EVERYWHERE },
  become_exe: { kind: 'text', places: EVERYWHERE },
  environment: { kind: 'any', places: EVERYWHERE },
  no_log: { kind: 'boolean', places: EVERYWHERE },
  ignore_errors: { kind: 'boolean', places: EVERYWHERE },
  ignore_unreachable: { kind: 'boolean', places: EVERYWHERE },
  any_errors_fatal: { kind: 'boolean', places: EVERYWHERE },
  check_mode: { kind: 'boolean', places: EVERYWHERE },
  diff: { kind: 'boolean', places: EVERYWHERE },
  run_once: { kind: 'boolean', places: EVERYWHERE },
  connection: { kind: 'text', places: EVERYWHERE },
  port: { kind: 'integer', places: EVERYWHERE },
  remote_user: { kind: 'text', places: EVERYWHERE },
  timeout: { kind: 'integer', places: EVERYWHERE },
  throttle: { kind: 'integer', places: EVERYWHERE },
  debugger: { kind: 'text', places: EVERYWHERE, refused: 'Playline has no debugger' },
  collections: { kind: 'names', places: EVERYWHERE, note: 'for names of roles' },
  module_defaults: {
    kind: 'defaults',
    places: EVERYWHERE,
    note: 'of several mappings for one module the innermost counts alone, as in Ansible; without action groups',
  },
  delegate_to: { kind: 'text', places: ['role', 'block', 'task'] },
  delegate_facts: { kind: 'boolean', places: ['role', 'block', 'task'] },

  hosts: { kind: 'names', places: ['play'] },
  roles: { kind: 'any', places: ['play'] },
  pre_tasks: { kind: 'items', places: ['play'] },
  tasks: { kind: 'items', places: ['play'] },
  post_tasks: { kind: 'items', places: ['play'] },
  handlers: { kind: 'items', places: ['play'] },
  user: { kind: 'text', places: ['play'], note: 'the older name of `remote_user`' },
  vars_files: { kind: 'any', places: ['play'] },
  vars_prompt: { kind: 'any', places: ['play'] },
  gather_facts: { kind: 'boolean', places: ['play'] },
  gather_subset: { kind: 'names', places: ['play'] },
  gather_timeout: { kind: 'integer', places: ['play'] },
  fact_path: { kind: 'text', places: ['play'] },
  force_handlers: { kind: 'boolean', places: ['play'] },
  max_fail_percentage: { kind: 'number', places: ['play'] },
  serial: { kind: 'any', places: ['play'] },
  strategy: { kind: 'text', places: ['play'] },
  order: { kind: 'text', places: ['play'] },

  action: { kind: 'any', places: ['task'] },
  local_action: { kind: 'any', places: ['task'] },
  args: { kind: 'arguments', places: ['task'] },
  async: { kind: 'integer', places: ['task'] },
  poll: { kind: 'integer', places: ['task'] },
  changed_when: { kind: 'conditions', places: ['task'] },
  failed_when: { kind: 'conditions', places: ['task'] },
  until: { kind: 'conditions', places: ['task'] },
  retries: { kind: 'integer', places: ['task'] },
  delay: { kind: 'number', places: ['task'] },
  loop: { kind: 'any', places: ['task'] },
  loop_control: { kind: 'map', places: ['task'] },
  notify: { kind: 'names', places: ['block', 'task'] },
  listen: { kind: 'names', places: ['task'] },
  register: { kind: 'variable', places: ['task'] },

  block: { kind: 'items', places: ['block'] },
  rescue: { kind: 'items', places: ['block'] },
  always: { kind: 'items', places: ['block'] },
}

export function keywordNamed(name: string): Keyword | undefined {
  return Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined
}

/** The keywords that may stand in a place, supported or not. */
export function keywordsOf(place: Place): string[] {
  return Object.entries(KEYWORDS)
    .filter(([, keyword]) => keyword.places.includes(place))
    .map(([name]) => name)
}
