import { eventCodes, events, paramBytes } from '../schema/event.ts'
import type { ParamType } from '../schema/params.ts'

/** The parameters of an event in the making: slices of buffers that others own. */
export class Params {
  count = 0
  readonly bytes: Buffer[] = []
  readonly at: number[] = []
  readonly length: number[] = []

  clear(): void {
    this.count = 0
  }

  push(bytes: Buffer, at: number, length: number): void {
    const index = this.count++
    this.bytes[index] = bytes
    this.at[index] = at
    this.length[index] = length
  }

  /** Appends parameter `index` of `other`, or nothing where it has none. */
  pushFrom(other: Params, index: number): void {
    if (index >= other.count) this.push(empty, 0, 0)
    else this.push(other.bytes[index] ?? empty, other.at[index] ?? 0, other.length[index] ?? 0)
  }

  /** Appends what stands for an unknown value of parameter `index` of events with this code. */
  pushZero(code: number, index: number): void {
    const zero = zeros.get(events[code]?.params[index]?.type ?? 'NONE') ?? empty
    this.push(zero, 0, zero.length)
  }

  pushNone(): void {
    this.push(empty, 0, 0)
  }

  /** Cuts the last parameter to its size in events with this code: bpf's result was tagged with its type, its command was wider. */
  fitLast(code: number): void {
    const index = this.count - 1
    const size = paramBytes.get(events[code]?.params[index]?.type ?? 'NONE') ?? 0
    const length = this.length[index] ?? 0
    if (size === 0 || (length !== size + tagBytes && length !== size * 2)) return
    if (length === size + tagBytes) this.at[index] = (this.at[index] ?? 0) + tagBytes
    this.length[index] = size
  }

  get totalLength(): number {
    let total = 0
    for (let i = 0; i < this.count; i++) total += this.length[i] ?? 0
    return total
  }

  /** The text of a parameter without its NUL. */
  text(index: number): string {
    const [bytes, at, length] = [this.bytes[index], this.at[index] ?? 0, this.length[index] ?? 0]
    if (index >= this.count || bytes === undefined || length === 0) return ''
    const text = bytes.latin1Slice(at, at + length)
    return text.endsWith('\0') ? text.slice(0, -1) : text
  }
}

const tagBytes = 1
const empty = Buffer.alloc(0)

const zeros: ReadonlyMap<ParamType, Buffer> = new Map(
  [...paramBytes].map(([type, size]) => [type, Buffer.alloc(size, type === 'UID' || type === 'GID' ? 0xff : 0)]),
)

/** Parameters that an event can have at most. */
export const mostParams = 64

/** What the length of a parameter may be: 0 anything, up to 16 this size, `textLimit` ends in a NUL, `boolLimit` 1 or 4. Empty always may. */
export const textLimit = 200
export const boolLimit = 201

const texts: ReadonlySet<ParamType> = new Set<ParamType>(['CHARBUF', 'FSPATH', 'FSRELPATH'])

/** The limit of parameter `index` of events of code `code` is at `code * mostParams + index`. */
export const limits: Uint8Array = new Uint8Array(eventCodes * mostParams)

for (const { code, params } of events)
  params.forEach(({ type }, index) => {
    limits[code * mostParams + index] = texts.has(type) ? textLimit : type === 'BOOL' ? boolLimit : (paramBytes.get(type) ?? 0)
  })

/** Whether a value of `length` bytes, not 0, fits `limit`; `last` is its last byte. */
export function fits(limit: number, length: number, last: number | undefined): boolean {
  if (limit === 0 || limit === length) return true
  if (limit === textLimit) return last === 0
  return limit === boolLimit && (length === 1 || length === 4)
}
