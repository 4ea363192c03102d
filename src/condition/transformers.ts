import type { ParamType } from '../schema/params.ts'
import type { TransformerName } from './ast.ts'
import type { Scalar, Value } from './field.ts'
import { kindOfType, type ValueKind } from './kind.ts'
import { lowerAscii, raiseAscii } from './text.ts'

/** What check.ts knows of an argument: its type, and whether it is a list. */
export interface ArgumentType {
  readonly type: ParamType
  readonly isList: boolean
}

/** One row of the table: everything that a transformer is. */
export interface Transformer {
  readonly name: TransformerName
  /** Fewest and most arguments. */
  readonly arity: readonly [least: number, most: number]
  /** What each argument is: one value or a list of one of the kinds; the last holds for all that follow. */
  readonly takes: readonly { readonly kinds: readonly ValueKind[]; readonly shape: 'one' | 'list' | 'both' }[]
  readonly result: (args: readonly ArgumentType[], arg: string | undefined) => ArgumentType
  /** Whether `name(...)[arg]` means something. */
  readonly allowsArg?: true
  /** Values as fields give them, none of them undefined; `arg` is that of `name(...)[arg]`. */
  readonly apply: (args: readonly Exclude<Value, undefined>[], arg: string | undefined) => Value
}

const asText = (): ArgumentType => ({ type: 'CHARBUF', isList: false })
const asFirst = (args: readonly ArgumentType[]): ArgumentType => args[0] ?? asText()
const textOrList = { kinds: ['text'], shape: 'both' } as const
const oneText = { kinds: ['text'], shape: 'one' } as const
const isList = (value: Value): value is readonly Scalar[] => Array.isArray(value)

const elementwise =
  (change: (text: string) => string | undefined): Transformer['apply'] =>
  ([value]) => {
    if (!isList(value)) return change(String(value))
    const changed = value.map((one) => change(String(one)))
    return changed.includes(undefined) ? undefined : (changed as string[])
  }

const rows = [
  { name: 'tolower', arity: [1, 1], takes: [textOrList], result: asFirst, apply: elementwise(lowerAscii) },
  { name: 'toupper', arity: [1, 1], takes: [textOrList], result: asFirst, apply: elementwise(raiseAscii) },
  {
    name: 'b64',
    arity: [1, 1],
    takes: [{ kinds: ['text', 'bytes'], shape: 'both' }],
    result: asFirst,
    apply: elementwise(decodeBase64),
  },
  {
    name: 'basename',
    arity: [1, 1],
    takes: [textOrList],
    result: asFirst,
    apply: elementwise((path) => path.slice(path.lastIndexOf('/') + 1)),
  },
  {
    name: 'len',
    arity: [1, 1],
    takes: [{ kinds: ['text', 'bytes'], shape: 'both' }],
    result: () => ({ type: 'UINT64', isList: false }),
    apply: ([value]) => (isList(value) ? value.length : String(value).length),
  },
  {
    name: 'join',
    arity: [2, 2],
    takes: [oneText, { kinds: ['text'], shape: 'list' }],
    result: asText,
    apply: ([separator, list]) => (list as readonly Scalar[]).join(String(separator)),
  },
  { name: 'concat', arity: [2, Infinity], takes: [oneText], result: asText, apply: (args) => args.join('') },
  {
    name: 'getopt',
    arity: [2, 2],
    takes: [{ kinds: ['text'], shape: 'list' }, oneText],
    result: (_args, arg) => ({ type: 'CHARBUF', isList: arg === undefined }),
    allowsArg: true,
    apply: ([list, options], arg) => readOptions(list as readonly string[], String(options), arg),
  },
  { name: 'val', arity: [1, 1], takes: [{ kinds: [], shape: 'both' }], result: asFirst, apply: ([value]) => value },
] as const satisfies readonly Transformer[]

export const transformers: ReadonlyMap<TransformerName, Transformer> = new Map(rows.map((row) => [row.name, row]))

/** Why an argument cannot be given to a transformer; undefined where it can. `index` counts from 0. */
export function refusal(transformer: Transformer, index: number, type: ArgumentType, fieldName: string): string | undefined {
  const taken = transformer.takes[Math.min(index, transformer.takes.length - 1)]
  if (taken === undefined || transformer.name === 'val') return undefined
  if (taken.shape !== 'both' && (taken.shape === 'list') !== type.isList) {
    return `${transformer.name}() ${ordinals[index] ?? 'last'} argument must ${type.isList ? 'not ' : ''}be a list`
  }
  if (taken.kinds.includes(kindOfType(type.type))) return undefined
  return `can't add field transformer: type '${type.type}' is not supported by '${transformer.name}' transformer applied on field '${fieldName}'`
}

const ordinals = ['first', 'second', 'third']

function decodeBase64(text: string): string | undefined {
  const bare = text.replace(/={1,2}$/, '')
  if (bare.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(bare)) return undefined
  const bytes = Buffer.from(bare, 'base64')
  // Bits left over at the end must be 0: `cat` is three digits, and no text.
  return bytes.toString('base64').startsWith(bare) ? bytes.latin1Slice() : undefined
}

// As getopt(3) reads a command line: `n` stands for -n, `t:` for -t with a value. Words that are no options are skipped.
function readOptions(words: readonly string[], options: string, wanted: string | undefined): Value {
  const found: { option: string; value: string }[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (word === '--') break
    if (word[0] !== '-' || word.length < 2) continue
    for (let at = 1; at < word.length; at++) {
      const option = word[at] ?? ''
      const known = option === ':' ? -1 : options.indexOf(option)
      if (known === -1) continue
      if (options[known + 1] !== ':') {
        found.push({ option, value: option })
        continue
      }
      const rest = word.slice(at + 1)
      const value = rest === '' ? words[++i] : rest
      if (value !== undefined) found.push({ option, value })
      break
    }
  }
  if (wanted === undefined) return found.map((one) => one.value)
  return found.findLast((one) => one.option === wanted)?.value
}
