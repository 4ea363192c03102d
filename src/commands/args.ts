import { Fault } from '../base/fault.ts'
import { closest } from '../base/suggest.ts'
import { type Args, type Flag, type FlagName, flags, goneFlags } from './flags.ts'

export interface Parsed {
  readonly args: Args
  /** What stands on the command line besides flags. */
  readonly rest: readonly string[]
}

type Values = Record<FlagName, string | string[] | boolean | undefined>

/**
 * Reads a command line by the rules that Falco's users know: `-rFILE`, `-r FILE`, `-Lv`, `--opt=VALUE`, `--opt VALUE`.
 *
 * @throws Fault `flag-invalid` for a flag that does not exist or lacks its argument.
 */
export function parseArgs(argv: readonly string[], isFalco: boolean): Parsed {
  const values = emptyValues()
  const rest: string[] = []
  const queue = [...argv]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      rest.push(...queue)
      break
    }
    if (word.startsWith('--')) takeLong(word.slice(2), queue, values, isFalco)
    else if (word.startsWith('-') && word.length > 1) takeShort(word.slice(1), queue, values, isFalco)
    else rest.push(word)
  }
  return { args: values as Args, rest }
}

function emptyValues(): Values {
  const values: Partial<Values> = {}
  for (const flag of flags as readonly Flag[]) values[flag.name as FlagName] = flag.repeat ? [] : flag.arg === undefined ? false : undefined
  return values as Values
}

function takeLong(word: string, queue: string[], values: Values, isFalco: boolean): void {
  const at = word.indexOf('=')
  const name = at < 0 ? word : word.slice(0, at)
  const flag = find((each) => each.long === name, `--${name}`, isFalco)
  if (at >= 0) {
    if (flag.arg === undefined) throw new Fault('flag-invalid', `Option '${name}' takes no argument`)
    put(flag, word.slice(at + 1), values)
    return
  }
  take(flag, `--${name}`, queue, values)
}

function takeShort(letters: string, queue: string[], values: Values, isFalco: boolean): void {
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] ?? ''
    const flag = find((each) => each.short === letter, `-${letter}`, isFalco)
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
  const name = flag.name as FlagName
  const old = values[name]
  if (Array.isArray(old)) old.push(String(value))
  else values[name] = value
}

function find(fits: (flag: Flag) => boolean, spelled: string, isFalco: boolean): Flag {
  const flag = (flags as readonly Flag[]).find((each) => fits(each) && !(isFalco && each.older))
  if (flag) return flag
  const gone = goneFlags.find((each) => each.names.includes(spelled))
  const known = (flags as readonly Flag[]).flatMap((each) => (each.long === undefined ? [] : [`--${each.long}`]))
  const near = gone || !spelled.startsWith('--') ? undefined : closest(spelled, known)
  const hint = gone ? `this flag is gone; use ${gone.use}` : near ? `did you mean ${near}?` : 'see --help for the flags there are'
  throw new Fault('flag-invalid', `Option '${spelled.replace(/^-+/, '')}' does not exist`, { hint })
}
