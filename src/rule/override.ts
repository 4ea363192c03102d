import { isNull } from '../base/node.ts'
import type { Key } from './keys.ts'
import { LoadError } from './problem.ts'
import type { Reader } from './reader.ts'

/** Which keys of an item are added to those of an earlier item, and which replace them. */
export interface Override {
  readonly append: readonly string[]
  readonly replace: readonly string[]
}

// A rule's source is compared with that of the earlier rule, and its name says which one.
const alwaysAllowed: ReadonlySet<string> = new Set(['source', 'append', 'override'])

/**
 * Reads `override` of an item with the given keys; undefined where there is none.
 *
 * @throws LoadError where it names a key that cannot be overridden or is not given, or leaves one out.
 */
export function readOverride(reader: Reader, keys: readonly Key[]): Override | undefined {
  const entry = reader.entry('override')
  if (!entry || isNull(entry.value)) return undefined
  const context = reader.context.within('overrides', '', entry.value.at)
  if (entry.value.kind !== 'mapping') throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value is not a mapping', context)
  const append: string[] = []
  const replace: string[] = []
  for (const { key: keyNode, value } of entry.value.entries) {
    const key = keyNode.kind === 'scalar' ? keyNode.text : ''
    const operation = value.kind === 'scalar' ? value.text : ''
    const at = context.within('value for', key, value.at)
    const fail = (message: string, hint?: string) => new LoadError('LOAD_ERR_YAML_VALIDATE', message, at, { hint })
    const allowed = keys.find(({ name }) => name === key)
    if (operation !== 'append' && operation !== 'replace') {
      throw fail(`Invalid override operation for key '${key}': '${operation}'. Allowed values are: append replace `)
    }
    if (operation === 'append' && !allowed?.canAppend) {
      throw fail(`Key '${key}' cannot be appended to${allowed?.canReplace ? ", use 'replace' instead" : ''}`)
    }
    if (operation === 'replace' && !allowed?.canReplace) throw fail(`Key '${key}' cannot be replaced`)
    if (!reader.has(key)) {
      const article = operation === 'append' ? 'An append' : 'A replace'
      throw fail(`${article} override for '${key}' was specified but '${key}' is not defined`)
    }
    ;(operation === 'append' ? append : replace).push(key)
  }
  refuseOtherKeys(reader, keys, new Set([...append, ...replace]))
  return { append, replace }
}

function refuseOtherKeys(reader: Reader, keys: readonly Key[], named: ReadonlySet<string>): void {
  for (const { name } of keys.slice(1)) {
    if (alwaysAllowed.has(name) || named.has(name)) continue
    const entry = reader.entry(name)
    if (!entry) continue
    const message = `Unexpected key '${name}': no corresponding entry under 'override' is defined.`
    throw new LoadError('LOAD_ERR_YAML_VALIDATE', message, reader.context.within('value for', name, entry.key.at), {
      hint: `add '${name}: replace' under override, or leave '${name}' out`,
    })
  }
}
