import type { CheckNode } from './checked.ts'
import type { Needs } from './needs.ts'
import { anyOf } from './text.ts'

/**
 * Finds the rules that may hold on an event by the texts that they need: those that need none, and those of which one is there.
 *
 * `begin`, then `see` with the value of each of `operands`; then they are the first `count` of `rules`, in their order.
 */
export class Suspects {
  readonly rules: Int32Array
  count = 0
  /** For each field that is to be read, a check that reads it. */
  readonly operands: readonly CheckNode<never>[]
  private readonly always: Int32Array
  private readonly clues: readonly Clues[]
  // The number of the latest event at which a rule was found.
  private readonly foundAt: Float64Array
  private events = 0

  /** `needs`: for each rule, checks of texts of which one has to hold, if it needs any. Checks with the same `keyOf` read the same text. */
  constructor(needs: readonly Needs[], keyOf: (check: CheckNode<never>) => string) {
    this.rules = new Int32Array(needs.length)
    this.foundAt = new Float64Array(needs.length)
    this.always = Int32Array.from([...needs.keys()].filter((rule) => needs[rule] === undefined))
    const told = needs.flatMap((checks, rule) => (checks ?? []).map((check) => ({ check, rule })))
    const byField = [...Map.groupBy(told, ({ check }) => keyOf(check)).values()]
    this.operands = byField.flatMap((group) => group.slice(0, 1).map(({ check }) => check))
    this.clues = byField.map((group) => new Clues(group))
  }

  begin(): void {
    const { always, rules } = this
    this.events++
    for (let i = 0; i < always.length; i++) rules[i] = always[i] as number
    this.count = always.length
  }

  see(operand: number, value: string | undefined): void {
    if (value !== undefined) this.clues[operand]?.find(value, this)
  }

  note(suspects: readonly number[]): void {
    const { foundAt, events } = this
    for (let i = 0; i < suspects.length; i++) {
      const rule = suspects[i] as number
      if (foundAt[rule] === events) continue
      foundAt[rule] = events
      this.insert(rule)
    }
  }

  private insert(rule: number): void {
    const { rules } = this
    let at = this.count++
    for (; at > 0 && (rules[at - 1] as number) > rule; at--) rules[at] = rules[at - 1] as number
    rules[at] = rule
  }
}

// More texts than this are not looked for all at once: a pattern of so many takes longer to try.
const mostParts = 32

/** A text to look for, and the rules that it makes suspect. */
interface Clue {
  readonly text: string
  readonly rules: readonly number[]
}

/** All texts that are looked for in the values of one field. */
class Clues {
  private readonly equals: ReadonlyMap<string, readonly number[]>
  private readonly starts: readonly Clue[]
  private readonly ends: readonly Clue[]
  private readonly parts: readonly Clue[]
  private readonly anyPart: RegExp | undefined

  constructor(told: readonly { readonly check: CheckNode<never>; readonly rule: number }[]) {
    const of = (...operators: readonly string[]) => {
      const rights = told.filter(({ check }) => operators.includes(check.operator?.name ?? ''))
      const pairs = rights.flatMap(({ check, rule }) => check.rights.map((right) => ({ text: String(right), rule })))
      const groups = Map.groupBy(pairs, ({ text }) => text)
      return [...groups].map(([text, pairs]) => ({ text, rules: [...new Set(pairs.map(({ rule }) => rule))] }))
    }
    this.equals = new Map(of('=', '==', 'in').map(({ text, rules }) => [text, rules]))
    this.starts = of('startswith')
    this.ends = of('endswith')
    this.parts = of('contains')
    this.anyPart = this.parts.length > mostParts ? undefined : anyOf(this.parts.map(({ text }) => text))
  }

  find(value: string, suspects: Suspects): void {
    const rules = this.equals.get(value)
    if (rules !== undefined) suspects.note(rules)
    this.findEnds(value, suspects)
    this.findParts(value, suspects)
  }

  // One character tells most texts apart; of those that begin alike, as paths do, the last one.
  private findEnds(value: string, suspects: Suspects): void {
    const { starts, ends } = this
    for (let i = 0; i < starts.length; i++) {
      const { text, rules } = starts[i] as Clue
      const last = text.length - 1
      if (value.length > last && value.charCodeAt(last) === text.charCodeAt(last) && value.startsWith(text)) suspects.note(rules)
    }
    for (let i = 0; i < ends.length; i++) {
      const { text, rules } = ends[i] as Clue
      const at = value.length - text.length
      if (at >= 0 && value.charCodeAt(at) === text.charCodeAt(0) && value.endsWith(text)) suspects.note(rules)
    }
  }

  private findParts(value: string, suspects: Suspects): void {
    const { parts, anyPart } = this
    if (parts.length === 0 || anyPart?.test(value) === false) return
    for (let i = 0; i < parts.length; i++) {
      const { text, rules } = parts[i] as Clue
      if (value.includes(text)) suspects.note(rules)
    }
  }
}
