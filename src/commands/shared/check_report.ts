import { codeTitles } from '../../rule/code.ts'
import type { Context } from '../../rule/problem.ts'

export interface CheckedProblem {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  /** Absent for what no place in a file stands for. */
  readonly context?: Context
  /** The line with a caret, between two rules, where it is not the line of the file. */
  readonly snippet?: string | undefined
  readonly hint?: string | undefined
}

export interface CheckReport {
  readonly files: readonly string[]
  /** How many rules there are. */
  readonly rules: number
  /** In the order of the files. */
  readonly problems: readonly CheckedProblem[]
  readonly errors: number
  readonly warnings: number
}

interface Place {
  readonly file: string
  /** Counted from 1, as editors do. */
  readonly line: number
  readonly column: number
  readonly snippet: readonly [line: string, caret: string]
}

/** For people: place, code and sentence; the line with a caret; the way out. */
export function checkText(report: CheckReport): string {
  return `${report.problems.map(problemText).join('')}${summary(report)}\n`
}

function problemText(problem: CheckedProblem): string {
  const { severity, code, message, hint } = problem
  const place = placeOf(problem)
  const lines = [`${place ? `${place.file}:${place.line}:${place.column}: ` : ''}${severity} ${code}: ${message}`]
  if (place) lines.push(...place.snippet.map((line) => `    ${line}`))
  if (hint !== undefined) lines.push(`  ${hint}`)
  return `${lines.join('\n')}\n\n`
}

function summary({ files, rules, errors, warnings }: CheckReport): string {
  const found = [...(errors > 0 ? [counted(errors, 'error')] : []), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])]
  return `${counted(files.length, 'file')}, ${counted(rules, 'rule')}: ${found.length > 0 ? found.join(', ') : 'no problems'}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** For programs. */
export function checkJson({ files, rules, errors, warnings, problems }: CheckReport): string {
  const shown = problems.map((problem) => {
    const { severity, code, message, hint, context } = problem
    const place = placeOf(problem)
    return {
      severity,
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(place && { file: place.file, line: place.line, column: place.column, snippet: place.snippet.join('\n') }),
      ...(context && { item_type: context.type, item_name: context.name }),
    }
  })
  return `${JSON.stringify({ files, rules, errors, warnings, problems: shown }, undefined, 2)}\n`
}

/** For GitHub Actions, which shows each line beside the line of the file that it is about. */
export function githubText(report: CheckReport): string {
  const lines = report.problems.map((problem) => {
    const { severity, code, message, hint } = problem
    const place = placeOf(problem)
    const where = place ? `file=${property(place.file)},line=${place.line},col=${place.column},` : ''
    const title = codeTitles.get(code as never)
    return `::${severity} ${where}title=${property(title ? `${code} (${title})` : code)}::${data([message, ...(hint === undefined ? [] : [hint])].join('\n'))}\n`
  })
  return `${lines.join('')}${summary(report)}\n`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

function placeOf({ context, snippet }: CheckedProblem): Place | undefined {
  if (!context) return undefined
  const { source, at } = context
  const { line, column } = source.position(at)
  const [, text = '', caret = ''] = (snippet ?? source.snippet(at)).split('\n')
  return { file: source.name, line: line + 1, column: column + 1, snippet: [text, caret] }
}
