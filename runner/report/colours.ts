/** What the report's colours look like; `zx/core` brings chalk, loaded without the rest of zx. */
import { chalk } from 'zx/core'
import type { Colours } from './human.ts'

const plain = (text: string): string => text

export const colourless: Colours = {
  ok: plain,
  changed: plain,
  failed: plain,
  skipped: plain,
  unknown: plain,
  title: plain,
  dim: plain,
  added: plain,
  removed: plain,
  error: plain,
  warning: plain,
  place: plain,
  hint: plain,
}

export const colourful: Colours = {
  ok: chalk.green,
  changed: chalk.yellow,
  failed: chalk.red,
  skipped: chalk.cyan,
  unknown: chalk.magenta,
  title: chalk.bold,
  dim: chalk.dim,
  added: chalk.green,
  removed: chalk.red,
  error: chalk.red.bold,
  warning: chalk.yellow.bold,
  place: chalk.blue,
  hint: chalk.cyan,
}
