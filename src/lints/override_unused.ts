import type { Change, History } from '../rule/history.ts'
import type { Finding, Lint } from './lint.ts'
import { nameOf } from './shared/sites.ts'

/** Items that change an earlier one to no effect. */
export const overrideUnused: Lint = {
  code: 'override-unused',
  help: 'Appends and overrides without effect: they repeat what is there, or a later item undoes them.',
  find: ({ origins: { history } }) =>
    (['lists', 'macros', 'rules'] as const).flatMap((kind) => findingsOf(kind.slice(0, -1), history[kind])),
}

function findingsOf(kind: string, history: History): Finding[] {
  return [...history.entries()].flatMap(([name, changes]) =>
    changes.flatMap((change, i) => {
      if (change.operation === 'define') return []
      const reason = change.isSame ? repeated(change) : undone(change, changes.slice(i + 1))
      const what = `${change.operation === 'append' ? 'adding to' : 'replacing'} '${change.key}' of ${kind} '${name}'`
      return reason ? [{ message: `${what} has no effect: ${reason.why}`, context: change.context, hint: reason.hint }] : []
    }),
  )
}

function repeated({ operation }: Change): { why: string; hint: string } {
  const why = operation === 'append' ? 'all of it is there already' : 'it has this value already'
  return { why, hint: 'leave it out' }
}

function undone({ key, context }: Change, later: readonly Change[]): { why: string; hint: string } | undefined {
  const undoing = later.find((change) => change.operation === 'define' || (change.operation === 'replace' && change.key === key))
  if (!undoing || undoing.isSame) return undefined
  const verb = undoing.operation === 'define' ? 'defines it anew' : 'replaces it'
  const isSameFile = undoing.context.source === context.source
  return {
    why: `${nameOf(undoing.context)} ${verb}`,
    hint: isSameFile ? 'put it below that item, or leave it out' : `load this file after ${undoing.context.source.name}, or leave it out`,
  }
}
