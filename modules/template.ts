/** Renders a template on the controller and puts the text on the host. */
import { Content, param, state, z } from '../runner/module.ts'
import { ATTRIBUTE_NOTES, attributeParams } from './shared/attributes.ts'
import {
  DESTINATION_RETURNS,
  applyDestination,
  destinationDiff,
  destinationInCheck,
  destinationParams,
  destinationResult,
  planDestination,
  probeDestination,
} from './shared/destination.ts'
import { modeParam } from './shared/mode.ts'
import { encodeText, encodingParam } from './shared/encoding.ts'
import type { Encoding } from './shared/encoding.ts'
import { basename } from './shared/target.ts'

/** Options of the rendering: `resolve` reads them with the template; here they are only checked and described. */
function renderingParams() {
  const marker = (what: string) => param.nonEmptyString().optional().describe(`The text that ${what}.`)
  return {
    newline_sequence: z
      .preprocess((value) => (typeof value === 'string' ? value.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : value), z.enum(['\n', '\r', '\r\n']))
      .default('\n')
      .describe('What ends a line.'),
    trim_blocks: param.bool().default(true).describe('Drop the newline after a block.'),
    lstrip_blocks: param.bool().default(false).describe('Drop the white space before a block on its line.'),
    variable_start_string: marker('begins an expression'),
    variable_end_string: marker('ends an expression'),
    block_start_string: marker('begins a statement'),
    block_end_string: marker('ends a statement'),
    comment_start_string: marker('begins a comment'),
    comment_end_string: marker('ends a comment'),
    output_encoding: encodingParam().default('utf-8').describe('The encoding of the file: utf-8, latin-1, ascii, utf-16 or utf-16le.'),
  }
}

/** The rendered text in the encoding that is asked for, or why it has no such form. */
function encoded(content: Content, encoding: Encoding): Content | string {
  if (encoding === 'utf-8' || content.text === undefined) return content
  try {
    return Content.of(encodeText(content.text, encoding))
  } catch (error) {
    return (error as Error).message
  }
}

export default state({
  summary: 'Renders a template on the controller and puts the text on the host.',
  params: () =>
    z
      .object({
        src: param.templateSource().describe('The template: a path on the controller, absolute, or beside the playbook, or in a `templates` folder.'),
        ...destinationParams(),
        ...attributeParams(),
        mode: modeParam('preserve').describe("The permissions: octal digits in quotes ('0644'), symbolic (u=rw,g=r,o=), or preserve for the template's own."),
        directory_mode: modeParam().describe('The permissions of the folders that are made where dest ends in /.'),
        ...renderingParams(),
      })
      .strict(),
  examples: [
    {
      name: 'Configure the tunnels',
      args: 'src: oci-ipsec.conf.j2\ndest: /etc/ipsec.d/oci-ipsec.conf\nowner: root\ngroup: root\nmode: "0600"',
    },
    {
      name: 'Replace the sudo rules only with rules that visudo accepts',
      args: 'src: sudoers.j2\ndest: /etc/sudoers.d/opc\nmode: "0440"\nvalidate: visudo -cf %s\nbackup: true',
    },
  ],
  returns: DESTINATION_RETURNS,
  notes: [
    ...ATTRIBUTE_NOTES,
    'The backup of FILE is FILE.NUMBER.TIME~, with a number that is made of its SHA-256 instead of that of a process.',
    'A device, socket or pipe at dest is never replaced.',
  ],

  probe: (params) => probeDestination(params, basename(params.src.name)),
  plan: (before, params) => {
    const content = encoded(params.src.content, params.output_encoding)
    if (typeof content === 'string') return { after: {}, refusals: [{ summary: content }] }
    return planDestination(before, { ...params, mode: params.mode === 'preserve' ? params.src.mode : params.mode }, content)
  },
  apply: (situation) => applyDestination(situation),
  result: (situation) => {
    const result = destinationResult(situation)
    return situation.params.force || situation.differs.length > 0 ? result : { dest: result['dest'] }
  },
  resultInCheck: (situation) => destinationInCheck(situation),
  diff: (situation) => destinationDiff(situation, situation.params.src.path),
})
