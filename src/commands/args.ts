import { Fault } from '../base/fault.ts'
import { closest } from '../base/suggest.ts'
import { type Args, type ArgsOf, type Flag, flags, goneFlags, type MissingFlag } from './flags.ts'

export interface Parsed<A = Args> {
  readonly args: A
  /** What stands on the command line besides flags. */
  readonly rest: readonly string[]
}

type Values = Record<string, string | string[] | boolean | undefined>

/** Reads the command line of the program itself; called as `falco`, it takes Falco's flags only. */
export function parseArgs(argv: readonly string[], isFalco: boolean): Parsed {
  const { args, rest } = parseFlags(argv, isFalco ? flags.filter((flag) => !('older' in flag)) : flags, goneFlags)
  // Flags that Falco dropped are not given then, but they are asked for.
  return { args: { ...parseFlags([], flags).args, ...args } as Args, rest }
}

/**
 * Reads a command line by the rules that Falco's users know: `-rFILE`, `-r FILE`, `-Lv`, `--opt=VALUE`, `--opt VALUE`.
 *
 * @throws Fault `flag-invalid` for a flag that does not exist or lacks its argument.
 */
export function parseFlags<const F extends readonly Flag[]>(
  argv: readonly string[],
  known: F,
  missing: readonly MissingFlag[] = [],
): Parsed<ArgsOf<F>> {
  const table = { known, missing }
  const values: Values = Object.fromEntries(known.map((flag) => [flag.name, flag.repeat ? [] : flag.arg === undefined ? false : undefined]))
  const rest: string[] = []
  const queue = [...argv]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      rest.push(...queue)
      break
    }
    if (word.startsWith('--')) takeLong(word.slice(2), queue, values, table)
    else if (word.startsWith('-') && word.length > 1) takeShort(word.slice(1), queue, values, table)
    else rest.push(word)
  }
  return { args: values as ArgsOf<F>, rest }
}

interface Table {
  readonly known: readonly Flag[]
  readonly missing: readonly MissingFlag[]
}

function takeLong(word: string, queue: string[], values: Values, table: Table): void {
  const at = word.indexOf('=')
  const name = at < 0 ? word : word.slice(0, at)
  const flag = find((each) => each.long === name, `--${name}`, table)
  if (at >= 0) {
    if (flag.arg === undefined) throw new Fault('flag-invalid', `Option '${name}' takes no argument`)
    put(flag, word.slice(at + 1), values)
    return
  }
  take(flag, `--${name}`, queue, values)
}

function takeShort(letters: string, queue: string[], values: Values, table: Table): void {
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] ?? ''
    const flag = find((each) => each.short === letter, `-${letter}`, table)
    const attached = letters.slice(i + 1)
    if (flag.arg !== undefined && attached !== '') {
      put(flag, attached, values)
      return
    }
    take(flag, `-${letter}`, queue, values)
  }
}

function take(flag: Flag, spelled: string, queue: string[], values: Values): void {
  // An argument that may be left out never takes the next word: `--list` stands alone.
  const next = flag.arg === undefined ? true : flag.optional ? '' : queue.shift()
  if (next === undefined) {
    throw new Fault('flag-invalid', `Option '${spelled.replace(/^-+/, '')}' is missing an argument`, {
      hint: `write ${spelled} ${flag.arg}`,
    })
  }
  put(flag, next, values)
}

function put(flag: Flag, value: string | true, values: Values): void {
  const old = values[flag.name]
  if (Array.isArray(old)) old.push(String(value))
  else values[flag.name] = value
}

function find(fits: (flag: Flag) => boolean, spelled: string, { known, missing }: Table): Flag {
  const flag = known.find(fits)
  if (flag) return flag
  const left = missing.find((each) => each.names.includes(spelled))
  const long = known.flatMap((each) => (each.long === undefined ? [] : [`--${each.long}`]))
  const near = left || !spelled.startsWith('--') ? undefined : closest(spelled, long)
  const hint = left ? left.hint : near ? `did you mean ${near}?` : 'see --help for the flags there are'
  throw new Fault('flag-invalid', `Option '${spelled.replace(/^-+/, '')}' does not exist`, { hint })
}
