/** What the tests of the template engine share. */
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import type { DiagnosticCode } from '../../../../runner/diagnostic/diagnostic.ts'
import { formatPosition, SourceFile } from '../../../../runner/diagnostic/source.ts'
import { Jinja } from '../../../../runner/resolve/jinja/index.ts'
import type { Hooks, RenderOptions, Scope } from '../../../../runner/resolve/jinja/index.ts'
import { fromPlain } from '../../../../runner/value/convert.ts'
import { Dict, Template } from '../../../../runner/value/value.ts'
import type { Value } from '../../../../runner/value/value.ts'

/** A scope of fixed variables, given as plain data or as values. */
export function scopeOf(variables: Dict | Record<string, unknown> = {}): Scope {
  const dict = variables instanceof Dict ? variables : (fromPlain(variables) as Dict)
  return { get: (name) => dict.get(name), names: () => [...dict.keys()] as string[] }
}

/** A template that stands alone in a file. */
export function templateOf(text: string): Template {
  const file = new SourceFile('play.yml', text)
  return new Template(text, { file, start: 0, end: text.length })
}

/** Renders a template file. */
export function render(text: string, variables: Dict | Record<string, unknown> = {}, hooks: Hooks = {}, options: RenderOptions = {}): string {
  return new Jinja(hooks).renderFile(new SourceFile('t.j2', text), scopeOf(variables), options)
}

/** The value of a bare expression. */
export function valueOf(text: string, variables: Dict | Record<string, unknown> = {}, hooks: Hooks = {}): Value {
  return new Jinja(hooks).evaluate({ text }, scopeOf(variables))
}

/** The value of a template in a playbook. */
export function playbookValue(text: string, variables: Dict | Record<string, unknown> = {}, hooks: Hooks = {}): Value {
  return new Jinja(hooks).templateValue(templateOf(text), scopeOf(variables))
}

/** The diagnostic that a piece of work ends in, with its place: `CODE path:line:column summary`. */
export function faultOf(work: () => unknown): { code: DiagnosticCode | 'none'; at: string; summary: string; hint: string | undefined } {
  try {
    work()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const { code, range, summary, hint } = error.first
    return { code, at: range === undefined ? '' : formatPosition(range), summary, hint }
  }
  return { code: 'none', at: '', summary: '', hint: undefined }
}
