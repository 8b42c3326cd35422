/** Parameters that are command lines. */
import { param, splitWords, z } from '../../runner/module.ts'

/** The parameter `validate`: a command line with `%s` where the temporary file's path belongs, as words; an empty one is none. */
export function validateParam(): z.ZodType<readonly string[] | undefined> {
  const commandLine = param.string().transform((line, context) => {
    if (!line.includes('%s')) {
      context.addIssue({ code: 'custom', message: `the command has to say where the file's path belongs: write %s, as in 'visudo -cf %s'` })
      return z.NEVER
    }
    try {
      return splitWords(line)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })
  return param.unlessEmpty(commandLine)
}
