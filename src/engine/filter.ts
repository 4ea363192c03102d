import { Fault, Faults } from '../base/fault.ts'
import { checkCondition } from '../condition/check.ts'
import type { Checked } from '../condition/checked.ts'
import { compileKind, type KindMatcher } from '../condition/compile.ts'
import { ConditionFault, type ConditionWarning, locate } from '../condition/fault.ts'
import type { Catalogue } from '../condition/field.ts'
import { parseCondition } from '../condition/parse.ts'

/** A condition of the command line, ready to be tested. */
export interface Filter<E> {
  readonly condition: Checked<E>
  readonly test: (event: E) => boolean
  /** What is allowed and hardly meant, as sentences with their place. */
  readonly warnings: readonly string[]
}

/**
 * Compiles a condition as those of rules are, without macros and lists; `name` is what messages call it.
 *
 * @throws Faults `filter-invalid` with all mistakes, each with its place.
 */
export function compileFilter<E extends { readonly kind: number }>(text: string, catalogue: Catalogue<E>, name = 'filter'): Filter<E> {
  const { condition, faults, warnings } = check(text, catalogue)
  if (condition === undefined) throw new Faults(faults.map((fault) => placed(fault, text, name)))
  return { condition, test: testOf(condition), warnings: warnings.filter(isShown).map((warning) => sentence(warning, text, name)) }
}

interface Outcome<E> {
  readonly condition?: Checked<E>
  readonly faults: readonly ConditionFault[]
  readonly warnings: readonly ConditionWarning[]
}

function check<E>(text: string, catalogue: Catalogue<E>): Outcome<E> {
  try {
    return checkCondition(parseCondition(text), catalogue)
  } catch (error) {
    if (error instanceof ConditionFault) return { faults: [error], warnings: [] }
    throw error
  }
}

// One function for each kind of event, made when the first event of the kind comes.
function testOf<E extends { readonly kind: number }>(condition: Checked<E>): (event: E) => boolean {
  const byKind: (KindMatcher<E>['match'] | undefined)[] = []
  const hits: number[] = []
  return (event) => {
    const { kind } = event
    let match = byKind[kind]
    if (match === undefined) {
      match = compileKind<E>([{ condition }], kind, 'first').match
      byKind[kind] = match
    }
    return match(event, hits) > 0
  }
}

function placed(fault: ConditionFault, text: string, name: string): Fault {
  const place = { file: name, ...locate(text, fault.start) }
  return new Fault('filter-invalid', fault.message, { place, hint: fault.hint, cause: fault })
}

function isShown({ code }: ConditionWarning): boolean {
  return code !== 'LOAD_UNSAFE_NA_CHECK'
}

function sentence({ message, start }: ConditionWarning, text: string, name: string): string {
  const { line, column } = locate(text, start)
  return `${name}:${line}:${column}: ${message}`
}
