import type { Catalogue } from '../condition/field.ts'
import { partsText, type RuleDefinition } from './collection.ts'
import type { AppendOutput, FormatProblem, LoadOptions } from './options.ts'
import { Context, LoadError } from './problem.ts'
import type { Report } from './report.ts'
import type { ExtraField } from './ruleset.ts'
import { WrittenText } from './text.ts'

// A placeholder of old rules for what the container plugin now gives by itself.
const containerInfo = /\s?%container\.info\b/g

/** What a rule's alerts say: its output, and what the configuration adds. */
export interface Output {
  readonly written: string
  readonly format: string
  readonly extraFields: readonly ExtraField[]
}

export function outputOf({ name, source, values }: RuleDefinition, { appendOutput = [], catalogues }: LoadOptions): Output {
  const written = partsText(values.output)
  const added = appendOutput.filter((entry) => isMatch(entry, name, source, values.tags))
  const texts = added.flatMap(({ output, isSuggested }) => [
    ...(output ? [output] : []),
    ...(isSuggested ? suggestedBy(catalogues.get(source)) : []),
  ])
  return {
    written,
    format: [written.replace(containerInfo, ''), ...texts].join(' '),
    extraFields: added.flatMap(({ fields }) => fields ?? []),
  }
}

// As `container_id=%container.id`.
function suggestedBy(catalogue: Catalogue<never> | undefined): string[] {
  const names = catalogue?.names.filter((name) => catalogue.find(name)?.flags?.includes('suggested_output')) ?? []
  return names.map((name) => `${name.replaceAll('.', '_')}=%${name}`)
}

function isMatch(entry: AppendOutput, name: string, source: string, tags: readonly string[]): boolean {
  if (entry.source !== undefined && entry.source !== source) return false
  if (entry.rule !== undefined && entry.rule !== name) return false
  return entry.tags?.every((tag) => tags.includes(tag)) ?? true
}

/**
 * Checks the output of a rule; false if the rule is to be left out without an error.
 *
 * @throws LoadError where it is not well formed.
 */
export function checkOutput(output: Output, rule: RuleDefinition, options: LoadOptions, report: Report): boolean {
  const { context, source, values } = rule
  const first = values.output[0]
  const outputContext = first ? new Context('rule output', '', first.source, first.node.at, context) : context
  if (containerInfo.test(output.written)) {
    report.warn(
      'LOAD_DEPRECATED_ITEM',
      "'%container.info' in the output is deprecated and left out: container fields are added without it",
      outputContext,
    )
  }
  containerInfo.lastIndex = 0
  const formats = [output.format, ...output.extraFields.map(({ format, isRaw }) => (isRaw ? `%${format}` : format))]
  for (const [i, format] of formats.entries()) {
    for (const problem of options.checkFormat(source, format).problems) {
      if (problem.isUnknownField && values['skip-if-unknown-filter']) {
        report.warn('LOAD_UNKNOWN_FILTER', problem.message, outputContext)
        return false
      }
      tell(problem, i === 0 ? output : undefined, rule, outputContext, report)
    }
  }
  return true
}

function tell(problem: FormatProblem, output: Output | undefined, rule: RuleDefinition, outputContext: Context, report: Report): void {
  const parts = rule.values.output
  const isOwn = output?.format.startsWith(output.written) === true && problem.start < output.written.length
  const text = isOwn ? new WrittenText(parts, output.written, output.written, undefined) : undefined
  const place = text?.place(problem.start, 'rule output expression', outputContext)
  const at = place?.context ?? outputContext
  const hint = isOwn ? problem.hint : 'append_output of the configuration adds it'
  const detail = { snippet: place?.snippet, hint }
  if (problem.code === 'LOAD_DEPRECATED_ITEM') report.warn(problem.code, problem.message, at, detail)
  else throw new LoadError(problem.code, problem.message, at, detail)
}
