import { Fault } from '../base/fault.ts'
import { recordStateOnly } from '../event/event.ts'
import { events } from '../schema/event.ts'
import { Converter, dispositionOf, dispositions } from './convert.ts'
import { fits, limits, mostParams, type Params, textLimit } from './convert_params.ts'
import { eventHeaderBytes, type RecordBatch } from './scap_batch.ts'
import { blockTailBytes, type EventBlock, eventHeadBytes, eventHeadCountBytes } from './scap_format.ts'

/** Where blocks stand: at `at` of the bytes, which `view` is of, too. */
export interface BlockSource {
  readonly bytes: Buffer
  readonly view: DataView
  readonly at: number
}

const twoTo32 = 2 ** 32
const cpuAt = 8
const flagsAt = 10

const knownParams = Uint8Array.from(events, ({ params }) => params.length)
const isLarge = Uint8Array.from(events, (event) => (event.isLarge ? 1 : 0))
// Enter events of system calls that are left are for the state: what a program asked to open or to run, before it could change it.
const isHidden = Uint8Array.from(events, ({ isEnter, categoryFlags }) => (isEnter && categoryFlags.has('SYSCALL') ? 1 : 0))
// The driver wrote the length of these 3 bytes too big before the number of parameters was stored.
const writtenTooLong: ReadonlySet<number> = new Set(
  events.filter(({ id }) => id === 'NOTIFICATION_E' || id === 'INFRASTRUCTURE_EVENT_E').map(({ code }) => code),
)
const tooLongBytes = 3

// What a recording tells of containers and users before its first event proper is for the state, and not shown.
const isPreface = Uint8Array.from(events, ({ id }) => (/^(CONTAINER|USER_|GROUP_|ASYNCEVENT)/.test(id) ? 1 : 0))

/** Turns event blocks into records. */
export class EventReader {
  /** Number of the latest event, from 1. */
  num = 0
  private readonly converter = new Converter()
  /** Whether no event proper has come yet. */
  isInPreface = true

  /** A further section begins: what threads did before is void. */
  reset(): void {
    this.converter.clear()
    this.isInPreface = true
  }

  /** Reads the block of `blockBytes` bytes that the source stands at; what it becomes, if anything, is appended to `batch`. */
  read(source: BlockSource, blockBytes: number, layout: EventBlock, batch: RecordBatch): void {
    const { view, at } = source
    const head = at + layout.headerAt
    const headBytes = layout.hasCount ? eventHeadCountBytes : eventHeadBytes
    const room = blockBytes - layout.headerAt - blockTailBytes
    if (room < headBytes) throw damaged('an event block is too short')
    const eventBytes = view.getUint32(head + 16, true)
    const code = view.getUint16(head + 20, true)
    if (eventBytes > room || eventBytes < headBytes)
      throw damaged(`an event of type ${code} claims ${eventBytes} bytes in a block with room for ${room}`)
    const disposition = dispositionOf[code] ?? dispositions.unknown
    if (disposition <= dispositions.drop) return
    if (layout.hasCount && layout.lengthBytes === 2 && isLarge[code] === 0) {
      const count = view.getUint32(head + eventHeadBytes, true)
      const known = knownParams[code] ?? 0
      if (disposition === dispositions.pass ? count <= known : disposition === dispositions.passIfComplete && count === known) {
        this.copy(source, head, code, count, eventBytes, layout, batch)
        return
      }
    }
    this.rebuild(source, head, code, eventBytes, layout, batch)
  }

  // The event has today's form: its bytes are copied as they are, once its lengths are checked.
  private copy(
    source: BlockSource,
    head: number,
    code: number,
    count: number,
    eventBytes: number,
    layout: EventBlock,
    batch: RecordBatch,
  ): void {
    const { view, bytes, at } = source
    const lengthsAt = head + eventHeadCountBytes
    const valuesAt = lengthsAt + count * 2
    const end = head + eventBytes
    if (valuesAt > end) throw damaged(`event ${nameOf(code)} has no room for ${count} parameters`)
    let valueAt = valuesAt
    for (let i = 0; i < count; i++) {
      const length = view.getUint16(lengthsAt + i * 2, true)
      valueAt += length
      const limit = limits[code * mostParams + i] ?? 0
      if (limit === 0 || limit === length || length === 0) continue
      if (!fits(limit, length, bytes[valueAt - 1])) throw misfit(code, i, length)
    }
    if (valueAt > end) throw damaged(`the parameters of event ${nameOf(code)} are longer than the event`)
    const used = valueAt - head
    const flags = this.flagsOf(source, code, layout)
    const to = batch.begin(++this.num, used, view.getUint16(at + cpuAt, true), flags)
    bytes.copy(batch.bytes, to, head, valueAt)
    if (used !== eventBytes) batch.view.setUint32(to + 16, used, true)
  }

  // Any other form: parameters are looked up one by one, and converted if they are of an earlier version.
  private rebuild(source: BlockSource, head: number, code: number, eventBytes: number, layout: EventBlock, batch: RecordBatch): void {
    const { view, at } = source
    const { converter } = this
    this.collect(source, head, code, eventBytes, layout)
    const tid = view.getUint32(head + 8, true) + view.getInt32(head + 12, true) * twoTo32
    const made = converter.convert(code, tid)
    if (made === undefined) return
    this.num++
    check(made, converter.params)
    const flags = this.flagsOf(source, made, layout) | (isHidden[made] === 1 ? recordStateOnly : 0)
    const { params } = converter
    const lengthBytes = isLarge[made] === 1 ? 4 : 2
    const count = Math.min(params.count, knownParams[made] ?? 0)
    params.count = count
    const size = eventHeaderBytes + count * lengthBytes + params.totalLength
    const to = batch.begin(this.num, size, view.getUint16(at + cpuAt, true), flags)
    source.bytes.copy(batch.bytes, to, head, head + 16)
    batch.view.setUint32(to + 16, size, true)
    batch.view.setUint16(to + 20, made, true)
    writeParams(batch, to + eventHeadBytes, params, lengthBytes)
  }

  private flagsOf(source: BlockSource, code: number, layout: EventBlock): number {
    if (this.isInPreface) {
      if (isPreface[code] === 1) return recordStateOnly
      this.isInPreface = false
    }
    return layout.hasFlags ? source.view.getUint32(source.at + flagsAt, true) & recordStateOnly : 0
  }

  private collect(source: BlockSource, head: number, code: number, eventBytes: number, layout: EventBlock): void {
    const lengthBytes = layout.lengthBytes === 4 || isLarge[code] === 1 ? 4 : 2
    const lengthsAt = head + (layout.hasCount ? eventHeadCountBytes : eventHeadBytes)
    const end = head + eventBytes
    const count = layout.hasCount
      ? source.view.getUint32(head + eventHeadBytes, true)
      : guessCount(source.view, lengthsAt, code, end, lengthBytes)
    if (count > (end - lengthsAt) / lengthBytes) throw damaged(`event ${nameOf(code)} has no room for ${count} parameters`)
    const { params } = this.converter
    params.clear()
    let valueAt = lengthsAt + count * lengthBytes
    for (let i = 0; i < count && i < mostParams; i++) {
      const length = lengthAt(source.view, lengthsAt, i, lengthBytes)
      if (valueAt + length > end) throw damaged(`the parameters of event ${nameOf(code)} are longer than the event`)
      params.push(source.bytes, valueAt, length)
      valueAt += length
    }
  }
}

/** Says in a fault where in the file it is, once that is known. */
export function damaged(reason: string, hint?: string): Fault {
  return new Fault('capture-damaged', reason, { hint })
}

// First versions did not store the number of parameters: it is the one with which the lengths add up to the event's.
function guessCount(view: DataView, lengthsAt: number, code: number, end: number, lengthBytes: 2 | 4): number {
  const slack = writtenTooLong.has(code) ? tooLongBytes : 0
  for (let count = knownParams[code] ?? 0; count >= 0; count--) {
    let total = lengthsAt + count * lengthBytes
    if (total > end) continue
    for (let i = 0; i < count; i++) total += lengthAt(view, lengthsAt, i, lengthBytes)
    if (total === end || total + slack === end) return count
  }
  throw damaged(`the parameters of event ${nameOf(code)} do not add up to its length`)
}

function lengthAt(view: DataView, lengthsAt: number, index: number, lengthBytes: 2 | 4): number {
  return lengthBytes === 2 ? view.getUint16(lengthsAt + index * 2, true) : view.getUint32(lengthsAt + index * 4, true)
}

function check(code: number, params: Params): void {
  const count = Math.min(params.count, knownParams[code] ?? 0)
  for (let i = 0; i < count; i++) {
    const length = params.length[i] ?? 0
    if (length === 0) continue
    const last = (params.at[i] ?? 0) + length - 1
    if (!fits(limits[code * mostParams + i] ?? 0, length, params.bytes[i]?.[last])) throw misfit(code, i, length)
    if (length > 0xffff && isLarge[code] === 0) throw misfit(code, i, length)
  }
}

function writeParams(batch: RecordBatch, at: number, params: Params, lengthBytes: 2 | 4): void {
  const { view, bytes } = batch
  const { count } = params
  view.setUint32(at, count, true)
  let valueAt = at + 4 + count * lengthBytes
  for (let i = 0; i < count; i++) {
    const length = params.length[i] ?? 0
    if (lengthBytes === 2) view.setUint16(at + 4 + i * 2, length, true)
    else view.setUint32(at + 4 + i * 4, length, true)
    if (length === 0) continue
    const from = params.at[i] ?? 0
    params.bytes[i]?.copy(bytes, valueAt, from, from + length)
    valueAt += length
  }
}

function misfit(code: number, index: number, length: number): Fault {
  const param = events[code]?.params[index]
  const limit = limits[code * mostParams + index]
  const reason = limit === textLimit ? 'its text does not end in a NUL' : `${length} bytes do not make a ${param?.type}`
  return damaged(`parameter ${param?.name} of event ${nameOf(code)}: ${reason}`)
}

function nameOf(code: number): string {
  return `${events[code]?.name ?? 'unknown'} (${code})`
}
