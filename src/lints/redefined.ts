import type { History } from '../rule/history.ts'
import type { Finding, Lint } from './lint.ts'
import { nameOf } from './shared/sites.ts'

/** Definitions that another one of the same file replaces. */
export const redefined: Lint = {
  code: 'redefined',
  help: 'Lists, macros and rules that the same file defines again, so that only the last definition counts.',
  find: ({ origins: { history } }) =>
    (['lists', 'macros', 'rules'] as const).flatMap((kind) => findingsOf(kind.slice(0, -1), history[kind])),
}

function findingsOf(kind: string, history: History): Finding[] {
  return [...history.entries()].flatMap(([name, changes]) => {
    const definitions = changes.filter(({ operation }) => operation === 'define')
    return definitions.flatMap(({ context }, i) => {
      const next = definitions[i + 1]
      if (next?.context.source !== context.source) return []
      const message = `${kind} '${name}' is defined again at ${nameOf(next.context)}, which replaces this`
      return [{ message, context, hint: 'give one of them another name, or say with override what is to change' }]
    })
  })
}
