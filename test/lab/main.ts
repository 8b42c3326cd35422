#!/usr/bin/env node
/** The executable; what it does is in cli.ts, which a test can call. */

import { runLab } from './cli.ts'

process.exitCode = await runLab(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
