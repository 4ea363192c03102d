import { codeTitles, type ErrorCode, type WarningCode } from './code.ts'
import type { Context, Problem } from './problem.ts'

/** What came of one rules file. */
export interface LoadResult {
  readonly name: string
  readonly isValid: boolean
  /** Of each item the first; those that are found while reading come before those of conditions. */
  readonly errors: readonly Problem<ErrorCode>[]
  readonly warnings: readonly Problem<WarningCode>[]
  /** Where the file does not fit the schema of rules files. */
  readonly schemaWarnings: readonly string[]
}

/** The verdict on one file for people: a line, and with `isVerbose` or errors what was found. */
export function formatResult(result: LoadResult, isVerbose = false): string {
  const { name, errors, warnings } = result
  const verdict = errors.length > 0 ? 'Invalid' : warnings.length > 0 ? 'Ok, with warnings' : 'Ok'
  const sections = [`${name}: ${verdict}`]
  if (errors.length > 0) sections.push(section('Errors', errors))
  if (warnings.length > 0 && (isVerbose || errors.length > 0)) sections.push(section('Warnings', warnings))
  return sections.join('\n')
}

/** The line that logs show of the schema. */
export function formatSchema({ schemaWarnings: [first] }: LoadResult): string {
  return `schema validation: ${first === undefined ? 'ok' : `failed for ${first}`}`
}

function section(title: string, problems: readonly Problem[]): string {
  return [`${problems.length} ${title}:`, ...problems.map(formatProblem)].join('\n')
}

/** A problem for people: where, the text with a caret, what, and the way out. */
export function formatProblem(problem: Problem): string {
  const { code, message, context, hint } = problem
  const where = context.path().map((place, depth) => `${depth === 0 ? 'In ' : '    '}${formatPlace(place)}`)
  const what = `${code} (${codeTitles.get(code) ?? ''}): ${message}`
  return [...where, `${snippetOf(problem)}${what}`, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n')
}

function formatPlace({ type, name, source, at }: Context): string {
  const { line, column } = source.position(at)
  return `${type}${name === '' ? '' : ` '${name}'`}: (${source.name}:${line}:${column})`
}

function snippetOf({ snippet, context }: Problem): string {
  return snippet ?? context.source.snippet(context.at)
}

/**
 * The results as scripts read them.
 *
 * `errors` has one error, as scripts expect of a file that does not load; the others are under `more_errors`.
 */
export function resultsJson(results: readonly LoadResult[]): { readonly falco_load_results: readonly object[] } {
  return {
    falco_load_results: results.map(({ name, isValid, errors, warnings, schemaWarnings }) => ({
      name,
      successful: isValid,
      schema_valid: schemaWarnings.length === 0,
      schema_warnings: schemaWarnings,
      errors: errors.slice(0, 1).map(problemJson),
      ...(errors.length > 1 && { more_errors: errors.slice(1).map(problemJson) }),
      warnings: warnings.map(problemJson),
    })),
  }
}

function problemJson(problem: Problem): object {
  const { code, message, context, hint } = problem
  const locations = context.path().map(({ type, name, source, at }) => ({
    item_type: type,
    item_name: name,
    position: { name: source.name, ...source.position(at) },
  }))
  return {
    code,
    codedesc: codeTitles.get(code) ?? '',
    message,
    ...(hint !== undefined && { hint }),
    context: { locations, snippet: snippetOf(problem) },
  }
}
