/** How a template is written: its markers, and what happens to the white space around them. */
export interface SyntaxOptions {
  readonly blockStart: string
  readonly blockEnd: string
  readonly variableStart: string
  readonly variableEnd: string
  readonly commentStart: string
  readonly commentEnd: string
  /** The line break after a block is removed. Ansible's default, unlike Jinja2's. */
  readonly trimBlocks: boolean
  /** White space from the start of a line to a block is removed. */
  readonly lstripBlocks: boolean
  /** What a line begins with that is a statement as a whole; none where it is empty. */
  readonly lineStatementPrefix: string
  /** What begins a comment that ends with its line; none where it is empty. */
  readonly lineCommentPrefix: string
  /** Whether the last line break of a template that another one brings in is kept. */
  readonly keepTrailingNewline: boolean
  /** What a line break of the text becomes. */
  readonly newlineSequence: string
  /** Whether `{% do %}` is known (`jinja2.ext.do`). Ansible has it off unless configured. */
  readonly doStatement: boolean
  /** Whether `{% break %}` and `{% continue %}` are known (`jinja2.ext.loopcontrols`). Off unless configured. */
  readonly loopControls: boolean
  /**
   * Whether a backslash in a string literal between `{{` and `}}` stands for itself, as in a playbook: `'\n'` is two
   * characters there. In a template file it is a line break.
   */
  readonly rawBackslashes: boolean
}

/** Ansible's defaults for a template file. */
export const DEFAULT_SYNTAX: SyntaxOptions = {
  blockStart: '{%',
  blockEnd: '%}',
  variableStart: '{{',
  variableEnd: '}}',
  commentStart: '{#',
  commentEnd: '#}',
  trimBlocks: true,
  lstripBlocks: false,
  lineStatementPrefix: '',
  lineCommentPrefix: '',
  keepTrailingNewline: false,
  newlineSequence: '\n',
  doStatement: false,
  loopControls: false,
  rawBackslashes: false,
}
