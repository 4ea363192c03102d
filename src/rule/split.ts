import type { Checked } from '../condition/checked.ts'
import type { Exception } from './exception.ts'
import type { Rule } from './ruleset.ts'

/** A rule's condition without its exceptions, and each exception that has values, with the `not` before it. */
export interface Split {
  readonly condition: Checked<never>
  readonly exceptions: readonly { readonly exception: Exception; readonly negated: Checked<never> }[]
}

/** Takes apart what loading puts together: `(condition) and not (exception) and not ...`. */
export function splitExceptions({ checked, exceptions }: Rule): Split {
  const { expr, root } = checked
  const given = exceptions.filter(({ values }) => values.length > 0)
  if (given.length === 0 || expr.kind !== 'and' || root.kind !== 'and') return { condition: checked, exceptions: [] }
  const [condition = checked, ...negated] = root.items.map((item, i): Checked<never> => ({ expr: expr.items[i] ?? expr, root: item }))
  return { condition, exceptions: given.flatMap((exception, i) => (negated[i] ? [{ exception, negated: negated[i] }] : [])) }
}
