import { Fault, type Place } from '../base/fault.ts'
import { emptyMap, type Mapping, parseValue, type Tree } from './tree.ts'

/** A step into a tree: a key, a place in a list, or `append` for a new one at its end. */
export type Step = { readonly key: string } | { readonly index: number } | 'append'

/**
 * Does what `-o KEY=VALUE` says to `tree`.
 *
 * @throws Fault `option-invalid` where the option cannot be read, or a step goes into something else than a map or list.
 */
export function override(tree: Mapping, option: string): void {
  const { path, value } = parseOption(option)
  const place: Place = { file: `-o ${option}` }
  set(tree, path, parseValue(value, place), place)
}

/** `a.b[1].c=v` as steps and value. */
export function parseOption(option: string): { readonly path: readonly Step[]; readonly value: string } {
  const at = unescapedEquals(option)
  if (at <= 0) {
    throw new Fault('option-invalid', `Error parsing config option "${option}". Must be of the form key=val or key.subkey=val`, {
      hint: '-o json_output=true',
    })
  }
  return { path: parsePath(option.slice(0, at)), value: option.slice(at + 1) }
}

function unescapedEquals(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '=') return i
  }
  return -1
}

function parsePath(text: string): Step[] {
  const steps: Step[] = []
  let key = ''
  const flush = () => {
    if (key !== '') steps.push({ key })
    key = ''
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    if (char === '\\') {
      const next = text[++i] ?? ''
      if (!'.[]\\='.includes(next) || next === '') {
        throw new Fault('option-invalid', `Parsing error: invalid escape sequence '\\${next}' at position ${i - 1} of "${text}"`, {
          hint: 'a backslash stands before . [ ] = or another backslash',
        })
      }
      key += next
    } else if (char === '.') flush()
    else if (char === '[') {
      flush()
      i = readIndex(text, i, steps)
    } else key += char
  }
  flush()
  return steps
}

function readIndex(text: string, open: number, steps: Step[]): number {
  const close = text.indexOf(']', open)
  if (close < 0) throw new Fault('option-invalid', `Parsing error: no ']' after position ${open} of "${text}"`)
  const inside = text.slice(open + 1, close)
  if (inside === '') steps.push('append')
  else if (/^\d{1,6}$/.test(inside)) steps.push({ index: Number(inside) })
  else
    throw new Fault('option-invalid', `Parsing error: expected a numeric index, found '${inside}'`, {
      hint: 'write [0] for the first element, [] for a new one',
    })
  return close
}

function set(tree: Tree, path: readonly Step[], value: Tree, place: Place): void {
  const [step, ...rest] = path
  if (step === undefined) return
  if (typeof step === 'object' && 'key' in step) {
    if (tree.kind !== 'map') throw mismatch(step.key, 'a map of keys', place)
    tree.keys.set(step.key, place)
    tree.entries.set(step.key, within(tree.entries.get(step.key), rest, value, place))
    return
  }
  if (tree.kind !== 'list') throw mismatch('[]', 'a list', place)
  if (step === 'append') {
    tree.items.push(within(undefined, rest, value, place))
    return
  }
  // An element past the end: those before it are null, as a config file could have them.
  while (tree.items.length < step.index && tree.items.length < 1000) tree.items.push({ kind: 'scalar', text: undefined, place })
  if (step.index > tree.items.length) throw new Fault('option-invalid', `index ${step.index} is far past the end of the list`, { place })
  tree.items[step.index] = within(tree.items[step.index], rest, value, place)
}

// What stands after a step: the value itself, or the tree that the next steps go into, made where it is missing.
function within(old: Tree | undefined, rest: readonly Step[], value: Tree, place: Place): Tree {
  const [next] = rest
  if (next === undefined) return value
  const wantsMap = typeof next === 'object' && 'key' in next
  const isMissing = old === undefined || (old.kind === 'scalar' && old.text === undefined)
  // One value where a list may stand, such as rules_files: the list begins with it.
  const listed: Tree | undefined = old?.kind === 'scalar' && !isMissing && !wantsMap ? { kind: 'list', items: [old], place } : undefined
  const base = isMissing ? (wantsMap ? emptyMap(place) : { kind: 'list' as const, items: [], place }) : (listed ?? old)
  set(base, rest, value, place)
  return base
}

function mismatch(step: string, wanted: string, place: Place): Fault {
  return new Fault('option-invalid', `cannot set ${step}: what it is part of is not ${wanted}`, { place })
}
