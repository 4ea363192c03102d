import type { Collection, ListDefinition } from './collection.ts'
import type { CompiledMacro, CompiledRule } from './compile.ts'
import { History } from './history.ts'

/** Where the items of a ruleset come from: for those who explain or judge it. Empty histories where `isTraced` was not asked for. */
export interface Origins {
  readonly rules: ReadonlyMap<string, CompiledRule>
  readonly macros: ReadonlyMap<string, CompiledMacro>
  readonly lists: { get(name: string): ListDefinition | undefined }
  readonly history: { readonly rules: History; readonly macros: History; readonly lists: History }
}

export function originsOf(
  { rules, macros, lists }: Collection,
  compiled: { readonly rules: ReadonlyMap<string, CompiledRule>; readonly macros: ReadonlyMap<string, CompiledMacro> },
): Origins {
  const none = new History()
  const history = { rules: rules.history ?? none, macros: macros.history ?? none, lists: lists.history ?? none }
  return { rules: compiled.rules, macros: compiled.macros, lists, history }
}
