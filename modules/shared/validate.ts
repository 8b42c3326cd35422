/** Parameters that are command lines. */
import { splitWords, z } from '../../runner/module.ts'

/** The parameter `validate`: a command line with `%s` where the temporary file's path belongs, as words. */
export function validateParam(): z.ZodType<readonly string[]> {
  return z.string().transform((line, context) => {
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
}
