import type { Json } from '../shared/json.ts'
import type { AuditItem } from './event.ts'

const stageNumbers: ReadonlyMap<Json | undefined, number> = new Map(
  ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'].map((stage, index) => [stage, index + 1]),
)

/**
 * Remembers the latest events, to recognise those that are sent again: at least `size` of them, at most twice as many.
 *
 * An event is known by its id, its stage and its time. The id alone would not do: clients may choose it (`Audit-ID`), so that a second
 * request could hide behind a first one; and a server behind kube-apiserver tells of the same request with the same id.
 */
export class DuplicateWindow {
  readonly #size: number
  #now: Table | undefined
  #before: Table | undefined

  constructor(size: number) {
    this.#size = size
  }

  has(item: AuditItem): boolean {
    const { auditID: id, stage } = item.document
    if (this.#now === undefined || typeof id !== 'string') return false
    const key = keyOf(id, stageNumbers.get(stage) ?? 0)
    const micros = microsOf(item)
    return this.#now.has(key, micros) || (this.#before?.has(key, micros) ?? false)
  }

  add(item: AuditItem): void {
    const { auditID: id, stage } = item.document
    if (typeof id !== 'string' || this.#size === 0) return
    this.#now ??= new Table(this.#size)
    if (this.#now.count === this.#size) {
      const oldest = this.#before ?? new Table(this.#size)
      this.#before = this.#now
      oldest.clear()
      this.#now = oldest
    }
    this.#now.add(keyOf(id, stageNumbers.get(stage) ?? 0), microsOf(item))
  }
}

/** 64 bits that stand for an id and a stage. */
interface Key {
  low: number
  high: number
}

// Nobody knows it who could make two ids with the same key.
const seed = crypto.getRandomValues(new Uint32Array(2))
// One object for all keys, as they are used at once.
const key: Key = { low: 0, high: 0 }

// Two hashes at once, each step of which is a bijection of its state.
function keyOf(id: string, stage: number): Key {
  let low = ((seed[0] ?? 0) ^ stage) | 0
  let high = ((seed[1] ?? 0) + id.length) | 0
  for (let at = 0; at < id.length; at++) {
    const code = id.charCodeAt(at)
    low = Math.imul(low ^ code, 0x85ebca6b)
    low ^= low >>> 15
    high = Math.imul(high ^ code, 0xc2b2ae35)
    high ^= high >>> 13
  }
  key.low = low >>> 0
  key.high = high >>> 0
  return key
}

function microsOf({ time: { seconds, nanos } }: AuditItem): number {
  return seconds * 1e6 + Math.floor(nanos / 1000)
}

/**
 * A set of events in memory that the garbage collector does not look into: a map of a hundred thousand texts, into which every event
 * writes, would be gone through at every turn of it.
 */
class Table {
  count = 0
  readonly #mask: number
  readonly #low: Uint32Array
  readonly #high: Uint32Array
  // Time in microseconds; NaN where a place is free.
  readonly #micros: Float64Array

  constructor(size: number) {
    const places = 2 ** Math.ceil(Math.log2(size * 2 + 1))
    this.#mask = places - 1
    this.#low = new Uint32Array(places)
    this.#high = new Uint32Array(places)
    this.#micros = new Float64Array(places).fill(Number.NaN)
  }

  has({ low, high }: Key, micros: number): boolean {
    for (let at = low & this.#mask; ; at = (at + 1) & this.#mask) {
      const known = this.#micros[at] as number
      if (Number.isNaN(known)) return false
      if (known === micros && this.#low[at] === low && this.#high[at] === high) return true
    }
  }

  /** There must be room: fewer than `size` so far. */
  add({ low, high }: Key, micros: number): void {
    let at = low & this.#mask
    while (!Number.isNaN(this.#micros[at] as number)) at = (at + 1) & this.#mask
    this.#low[at] = low
    this.#high[at] = high
    this.#micros[at] = micros
    this.count++
  }

  clear(): void {
    this.#micros.fill(Number.NaN)
    this.count = 0
  }
}
