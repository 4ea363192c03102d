import { basename } from 'node:path'
import { twoColumns, wrapText } from '../../base/layout.ts'
import type { ExplainedPart, Place } from '../../rule/explain.ts'
import type { ExplainedException, ExplainedField, Explanation } from './explanation.ts'

const width = 120
const labelColumns = 12

/** How values and files are shown. */
interface View {
  /** Whether all values are shown. */
  readonly isFull: boolean
  readonly at: (place: Place) => string
}

/** An explanation for people; `isFull` shows values that otherwise are cut. */
export function explanationText(explanation: Explanation, isFull: boolean): string {
  const { name, description, tree, output, exceptions, fields, notes, files } = explanation
  const view = { isFull, at: placer(files) }
  const lines = [
    name,
    ...wrapText(description, width - 2).map((line) => `  ${line}`),
    '',
    ...factsOf(explanation, view).map(([label, text]) => twoColumns(`  ${label}`, text, labelColumns, width)),
    ...section('Condition', treeLines(tree, view)),
    ...section(
      'Exceptions',
      exceptions.map((each) => exceptionText(each, view)),
    ),
    ...section('Output', wrapText(output, width - 2)),
    ...section('Fields', fieldLines(fields)),
    ...section(
      'Notes',
      notes.map(({ code, message, hint }) => `${code}: ${message}\n    ${hint}`),
    ),
  ]
  return `${lines.join('\n')}\n`
}

function factsOf(
  { priority, source, tags, enabled, running, defined, changes, events, all_events, cost }: Explanation,
  view: View,
): readonly [string, string][] {
  const state = running ? 'on' : enabled ? 'off, by the configuration' : 'off'
  const heard = events && (all_events ? `nearly all: ${events.length}` : events.length === 0 ? 'none' : events.join(', '))
  const slow =
    cost.slow.length === 0
      ? ''
      : `; slow ones: ${cost.slow.slice(0, 5).join('; ')}${cost.slow.length > 5 ? `; and ${cost.slow.length - 5} more` : ''}`
  return [
    ['priority', priority],
    ['source', source],
    ['state', state],
    ...(tags.length > 0 ? [['tags', tags.join(', ')] as [string, string]] : []),
    ...(defined ? [['defined', `${defined.file}:${defined.line}`] as [string, string]] : []),
    ...changes.map((change, i): [string, string] => [
      i === 0 ? 'changed' : '',
      `${view.at(change)} ${verbs[change.operation]} ${change.key}`,
    ]),
    ...(heard === undefined ? [] : [['events', heard] as [string, string]]),
    ['checks', `${cost.checks}${slow}`],
  ]
}

// By its last name, where no other file has that too.
function placer(files: readonly string[]): View['at'] {
  const short = new Map(files.map((file) => [file, files.filter((other) => basename(other) === basename(file)).length === 1]))
  return ({ file, line }) => `${short.get(file) ? basename(file) : file}:${line}`
}

const verbs = { define: 'defines', append: 'adds to', replace: 'replaces' } as const

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => (line === '' ? '' : `  ${line}`))]
}

function exceptionText({ name, fields, comps, values, ...place }: ExplainedException, { at }: View): string {
  const compared = fields.map((field, i) => `${field} ${comps[i] ?? '='}`).join(' and ')
  return `${name}: ${compared}, ${values.length === 0 ? 'no values' : `${values.length} value${values.length === 1 ? '' : 's'}`} (${at(place)})`
}

function fieldLines(fields: readonly ExplainedField[]): string[] {
  const columns = Math.max(0, ...fields.map(({ name }) => name.length)) + 2
  return fields.map(({ name, type, help, in_condition }) =>
    twoColumns(name, `${type}${in_condition ? '' : ', in the output'}. ${help}`, columns, width - 2).replaceAll('\n', '\n  '),
  )
}

/** What a node says on its line, and the nodes below. */
interface Line {
  readonly label: string
  readonly marks: readonly string[]
  readonly items: readonly ExplainedPart[]
}

function treeLines(part: ExplainedPart, view: View): string[] {
  const { label, marks, items } = lineOf(part, view)
  const suffix = marks.length > 0 ? `  (${marks.join('; ')})` : ''
  const below = items.flatMap((item, i) => {
    const isLast = i === items.length - 1
    const [first = '', ...others] = treeLines(item, view)
    return [`${isLast ? '└ ' : '├ '}${first}`, ...others.map((line) => `${isLast ? '  ' : '│ '}${line}`)]
  })
  return [label + suffix, ...below]
}

// What has only one node below it goes on with that on the same line.
function lineOf(part: ExplainedPart, view: View): Line {
  const own = marksOf(part, view)
  if (part.kind === 'and' || part.kind === 'or') return { label: part.kind, marks: own, items: part.items }
  if (part.kind === 'check') return { label: cut(part, view.isFull), marks: own, items: [] }
  const [item] = part.items
  const lead = part.kind === 'not' ? 'not ' : `${part.macro?.name ?? ''}${item ? ': ' : ''}`
  if (!item) return { label: lead, marks: part.isRepeated ? [...own, 'as above'] : own, items: [] }
  const { label, marks, items } = lineOf(item, view)
  return { label: lead + label, marks: [...own, ...marks], items }
}

// Where more lists than these come together, their names have to do.
const maxListPlaces = 2

function marksOf({ macro, lists = [], exception, added }: ExplainedPart, { at }: View): readonly string[] {
  return [
    ...(exception ? [`exception ${exception.name}, ${at(exception)}`] : []),
    ...(macro && macro.line > 0 ? [`macro ${at(macro)}`] : []),
    ...(lists.length > maxListPlaces
      ? [`lists ${lists.map(({ name }) => name).join(', ')}`]
      : lists.map((list) => `list ${list.name}, ${at(list)}`)),
    ...(added ? [`added by ${at(added)}`] : []),
  ]
}

const longest = 100

function cut({ text = '', values }: ExplainedPart, isFull: boolean): string {
  if (isFull || text.length <= longest) return text
  const end = text.lastIndexOf(',', longest)
  return values === undefined || end < 0 ? `${text.slice(0, longest)}...` : `${text.slice(0, end)}, ... ${values} values)`
}
