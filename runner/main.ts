#!/usr/bin/env node
/** argv → load → resolve → plan → probe → diff → apply → report */
import { readFileSync, writeFileSync } from 'node:fs'
import { renderDoc } from './cli/doc.ts'
import { parseInventoryCommand } from './cli/inventory.ts'
import { INVENTORY_COMMAND, renderCommandHelp, renderHelp } from './cli/options.ts'
import { parseInvocation, processEnvironment, type Invocation } from './cli/parse.ts'
import { vaultCommand } from './cli/vault.ts'
import { DiagnosticError, type Diagnostic, type DiagnosticCode } from './diagnostic/diagnostic.ts'
import { renderDiagnostic } from './diagnostic/render.ts'
import { ModuleRegistry } from './load/modules.ts'
import { Reader } from './load/reader.ts'
import { OciPort } from './port/oci/oci-port.ts'
import { openPort } from './port/open.ts'
import { colourful, colourless } from './report/colours.ts'
import type { Reporter } from './report/event.ts'
import { HumanReporter } from './report/human.ts'
import { JsonReporter } from './report/json.ts'
import { writeWhole } from './report/write-whole.ts'
import { renderGraph, renderHost, renderInventory } from './report/inventory.ts'
import { renderList } from './report/list.ts'
import { LiveLine } from './report/live.ts'
import { Secrets } from './resolve/secrets.ts'
import { InventoryView } from './run/inventory-view.ts'
import { exitCodeOf, list, load, run } from './run/run.ts'

const { stdout, stderr } = process
const secrets = new Secrets()

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'inventory') return inventory(argv.slice(1))
  if (argv[0] === 'vault') return vault(argv.slice(1))
  if (argv[0] === 'doc') return doc(argv.slice(1))
  const invocation = parseInvocation(argv, tell, processEnvironment())
  if (invocation.instead === 'help') return print(renderHelp())
  if (invocation.instead === 'version') return print(`playline ${version()}\n`)
  const reporter = makeReporter(invocation)
  // However the run ends, refused or broken off, what there is to report is written to its end.
  if (invocation.instead === undefined) process.once('exit', () => reporter.close())
  const loaded = await load({
    ...invocation,
    options: invocation.run,
    checks: invocation.instead !== 'list',
    secrets,
    emit: (event) => reporter.handle(event),
    openPort,
    cloud: new OciPort(process.env),
  })
  if (invocation.instead === 'list') return print(renderList(list(loaded), invocation.list))
  if (invocation.instead === 'syntax-check')
    return print(loaded.playbooks.map((playbook) => `\nplaybook: ${loaded.session.reader.shownPath(playbook.path)}\n`).join(''))
  return run(loaded, interruption())
}

/** As `ansible-inventory` ends where it is not told what to show, or there is no such thing in the inventory. */
const NOTHING_TO_SHOW = { exitCode: 5, codes: ['MISSING_ACTION', 'UNKNOWN_HOST_PATTERN'] as readonly DiagnosticCode[] }

/** `playline inventory` */
function inventory(argv: readonly string[]): number {
  try {
    return showInventory(argv)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || !NOTHING_TO_SHOW.codes.includes(error.first.code)) throw error
    error.diagnostics.forEach(tell)
    return NOTHING_TO_SHOW.exitCode
  }
}

function showInventory(argv: readonly string[]): number {
  const invocation = parseInventoryCommand(argv, tell, processEnvironment())
  if (invocation.action === 'help') return print(renderCommandHelp(['playline inventory --list | --host HOST | --graph [GROUP] [options]'], INVENTORY_COMMAND))
  const reader = new Reader(tell, process.cwd(), invocation.vault)
  const view = new InventoryView(invocation.sources, reader, invocation.options, invocation.folder)
  const { action, name, format } = invocation
  const text =
    action === 'list'
      ? renderInventory(view, format)
      : action === 'host'
        ? renderHost(view, name, format)
        : renderGraph(view, name, { variables: invocation.withVariables, export: format.export })
  if (invocation.output === undefined) return print(text)
  writeFileSync(invocation.output, text)
  return 0
}

/** `playline vault` */
function vault(argv: readonly string[]): number {
  vaultCommand(argv, tell, processEnvironment(), { readStdin: () => readFileSync(0), write: (bytes) => void stdout.write(bytes) })
  return 0
}

/** `playline doc` */
async function doc(argv: readonly string[]): Promise<number> {
  return print(await renderDoc(argv, new ModuleRegistry()))
}

function makeReporter(invocation: Invocation): Reporter {
  const write = (text: string): void => void stdout.write(text)
  const writeError = (text: string): void => void stderr.write(text)
  // One document, at the very end.
  const writeDocument = (text: string): void => writeWhole(stdout.fd, text)
  if (invocation.output === 'json') return new JsonReporter({ write: writeDocument, writeError, secrets, showDiffs: invocation.run.diff })
  const terminal = stdout.isTTY
  return new HumanReporter({
    write,
    writeError,
    secrets,
    colours: terminal && process.env['NO_COLOR'] === undefined ? colourful : colourless,
    showDiffs: invocation.showDiffs,
    verbosity: invocation.run.verbosity,
    live: terminal ? new LiveLine(write, () => stdout.columns) : undefined,
  })
}

/** The first Ctrl-C lets what is under way come to its end and starts nothing new; a second one ends the program. */
function interruption(): () => boolean {
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted) process.exit(130)
      interrupted = true
      stderr.write('\ninterrupted: waiting for the tasks under way; press Ctrl-C again to stop at once\n')
    })
  }
  return () => interrupted
}

function tell(diagnostic: Diagnostic): void {
  stderr.write(secrets.mask(renderDiagnostic(diagnostic, stderr.isTTY && process.env['NO_COLOR'] === undefined ? colourful : colourless)) + '\n')
}

function print(text: string): number {
  stdout.write(text)
  return 0
}

function version(): string {
  for (const where of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(where, import.meta.url), 'utf8')) as { version: string }).version
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return 'unknown'
}

// Who reads what is printed may go away (`| head`): the run goes on, so that no host is left half done.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof DiagnosticError)) throw error
  error.diagnostics.forEach(tell)
  process.exitCode = exitCodeOf(error)
}
