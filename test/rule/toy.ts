import type { Catalogue, Field } from '../../src/condition/field.ts'
import { type LoadOutcome, loadRules } from '../../src/rule/load.ts'
import type { LoadOptions } from '../../src/rule/options.ts'
import { formatProblem } from '../../src/rule/result.ts'

// A source with a few fields, and kinds of events 0 to 199, of which 0 to 2 have names that rules use.

const eventNames = ['open', 'close', 'connect', ...Array.from({ length: 197 }, (_, i) => `other${i}`)]

const fields: readonly Field<never>[] = [
  {
    name: 'evt.type',
    type: 'CHARBUF',
    help: 'Name of the event.',
    get: () => 'open',
    ofKind: (kind) => ({ value: eventNames[kind] }),
    accepts: (name) => eventNames.includes(name),
  },
  { name: 'evt.num', type: 'UINT64', help: 'Number.', get: () => 1 },
  { name: 'evt.dir', type: 'CHARBUF', help: 'Direction.', flags: ['deprecated'], get: () => '<' },
  { name: 'proc.name', type: 'CHARBUF', help: 'Name.', flags: ['suggested_output'], get: () => 'cat' },
  { name: 'proc.pname', type: 'CHARBUF', help: 'Name of the parent.', get: () => 'sh' },
  { name: 'fd.name', type: 'CHARBUF', help: 'Path.', flags: ['suggested_output'], get: () => '/etc/passwd' },
]

const byName = new Map(fields.map((field) => [field.name, field]))
export const catalogue: Catalogue<never> = { names: [...byName.keys()], find: (name) => byName.get(name) }
export const kinds: readonly number[] = eventNames.map((_, kind) => kind)

export const options: LoadOptions = {
  engineVersion: '0.63.0',
  catalogues: new Map([['syscall', catalogue]]),
  kinds: new Map([['syscall', kinds]]),
  checkFormat: (_, format) => {
    const found = [...format.matchAll(/%([a-z.]+)/g)]
    const unknown = found.filter(([, name = '']) => !byName.has(name))
    return {
      fields: found.map(([, name = '']) => name),
      problems: unknown.map(({ 1: name, index }) => ({
        code: 'LOAD_ERR_COMPILE_OUTPUT',
        message: `no field ${name}`,
        start: index,
        isUnknownField: true,
      })),
    }
  },
}

/** Loads texts as a.yaml, b.yaml, … */
export function load(texts: string | readonly string[], changes: Partial<LoadOptions> = {}): LoadOutcome {
  const all = typeof texts === 'string' ? [texts] : texts
  return loadRules(
    all.map((text, i) => ({ name: `${'abcdefgh'[i]}.yaml`, text })),
    { ...options, ...changes },
  )
}

/** A complete rule as YAML, with further lines. */
export function rule(name: string, condition: string, ...lines: readonly string[]): string {
  return [
    `- rule: ${name}`,
    `  condition: ${condition}`,
    '  desc: d',
    '  output: o',
    '  priority: INFO',
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n')
}

export function errorsOf(outcome: LoadOutcome): string[] {
  return outcome.results.flatMap(({ errors }) => errors.map(({ message }) => message))
}

export function warningsOf(outcome: LoadOutcome): string[] {
  return outcome.results.flatMap(({ warnings }) => warnings.map(({ code }) => code))
}

export function shown(outcome: LoadOutcome): string {
  return outcome.results.flatMap(({ errors, warnings }) => [...errors, ...warnings].map(formatProblem)).join('\n')
}
