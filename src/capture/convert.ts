import { Fault } from '../base/fault.ts'
import { type Conversion, type ConversionStep, conversionOf } from '../schema/conversion.ts'
import { eventCodes, events } from '../schema/event.ts'
import { Params } from './convert_params.ts'

// Recordings of earlier versions hold an enter and an exit event for each system call, with other parameters than today's.
// Today's events are exit events only: they are made from the exit event and the stored enter event of the same thread.

/** What becomes of an event as a file holds it. */
export const dispositions = {
  /** Not in the table: made by a later version. */
  unknown: 0,
  drop: 1,
  pass: 2,
  /** Passes with the table's number of parameters, is converted with another one. */
  passIfComplete: 3,
  convert: 4,
} as const

/** The disposition by event code. */
export const dispositionOf: Uint8Array = Uint8Array.from({ length: eventCodes }, (_, code) => judge(code))

const maxRounds = 64

/** Makes today's events of those of earlier versions. */
export class Converter {
  /** The parameters of the event that `convert` returned the code of. */
  params = new Params()
  private spare = new Params()
  private readonly enters = new EnterStore()

  /** Forgets all stored events. */
  clear(): void {
    this.enters.clear()
  }

  /** The code of the event that is made of the event `code` of thread `tid` with `params`; undefined where it is not shown. */
  convert(code: number, tid: number): number | undefined {
    let current = code
    for (let round = 0; round < maxRounds; round++) {
      const disposition = dispositionOf[current] ?? dispositions.unknown
      if (disposition === dispositions.drop || disposition === dispositions.unknown) return undefined
      if (disposition === dispositions.pass) return current
      const known = events[current]?.params.length ?? 0
      if (this.params.count > known) throw tooMany(current, this.params.count, known)
      if (disposition === dispositions.passIfComplete && this.params.count === known) break
      const conversion = conversionOf(current, this.params.count)
      if (conversion === undefined) throw noConversion(current, this.params.count)
      if (conversion.action.startsWith('store')) this.enters.put(tid, current, this.params)
      if (conversion.action === 'store') return undefined
      if (conversion.action === 'pass' || conversion.action === 'store+pass') return current
      this.apply(conversion, current, tid)
      current = conversion.to
    }
    if (current % 2 === 1) this.enters.forget(tid, code)
    return current
  }

  private apply(conversion: Conversion, code: number, tid: number): void {
    const { params: own, spare: made } = this
    made.clear()
    if (conversion.action === 'add') for (let i = 0; i < own.count; i++) made.pushFrom(own, i)
    const enter = this.enters.get(tid, code - 1)
    for (const step of conversion.steps) {
      push(made, step, own, enter, conversion.to)
      if (step.from === 'own' || step.from === 'enter') made.fitLast(conversion.to)
    }
    this.params = made
    this.spare = own
  }
}

function judge(code: number): number {
  const info = events[code]
  if (info === undefined) return dispositions.unknown
  const isOld = info.flags.has('OLD_VERSION')
  if (info.flags.has('UNUSED')) return dispositions.drop
  if (!info.flags.has('CONVERTER_MANAGED')) return isOld && info.isEnter ? dispositions.drop : dispositions.pass
  return info.isEnter || isOld ? dispositions.convert : dispositions.passIfComplete
}

function push(made: Params, step: ConversionStep, own: Params, enter: Params | undefined, to: number): void {
  if (step.from === 'own') made.pushFrom(own, step.param)
  else if (step.from === 'none') made.pushNone()
  else if (step.from === 'json') pushJson(made, own)
  else if (step.from === 'enter' && enter !== undefined) made.pushFrom(enter, step.param)
  else if (step.orNone) made.pushNone()
  else made.pushZero(to, made.count)
}

// The first container events had id, type, name and image as parameters of their own.
function pushJson(made: Params, own: Params): void {
  const type = own.length[1] === 4 ? (own.bytes[1]?.readUInt32LE(own.at[1]) ?? 0) : 0
  const text = JSON.stringify({ id: own.text(0), type, name: own.text(2), image: own.text(3) })
  const bytes = Buffer.from(`${text}\0`, 'latin1')
  made.push(bytes, 0, bytes.length)
}

interface StoredEvent {
  code: number
  bytes: Buffer
  readonly params: Params
}

const storeBytes = 16 * 1024 * 1024
const slotBytes = 256

/** The last enter event of each thread, until its exit event comes; the oldest go where there are too many. */
class EnterStore {
  private readonly slots = new Map<number, StoredEvent>()
  private size = 0

  put(tid: number, code: number, params: Params): void {
    const total = params.totalLength
    let slot = this.slots.get(tid)
    if (slot !== undefined && slot.bytes.length < total) {
      this.remove(tid, slot)
      slot = undefined
    }
    if (slot === undefined) slot = this.add(tid, Math.max(slotBytes, total))
    slot.code = code
    slot.params.clear()
    let at = 0
    for (let i = 0; i < params.count; i++) {
      const [start, length] = [params.at[i] ?? 0, params.length[i] ?? 0]
      params.bytes[i]?.copy(slot.bytes, at, start, start + length)
      slot.params.push(slot.bytes, at, length)
      at += length
    }
  }

  get(tid: number, code: number): Params | undefined {
    const slot = this.slots.get(tid)
    return slot?.code === code ? slot.params : undefined
  }

  /** The enter event of `exitCode` was used. */
  forget(tid: number, exitCode: number): void {
    const slot = this.slots.get(tid)
    if (slot?.code === exitCode - 1) slot.code = -1
  }

  clear(): void {
    this.slots.clear()
    this.size = 0
  }

  private add(tid: number, bytes: number): StoredEvent {
    for (const [oldTid, old] of this.slots) {
      if (this.size + bytes <= storeBytes) break
      this.remove(oldTid, old)
    }
    const slot = { code: -1, bytes: Buffer.allocUnsafeSlow(bytes), params: new Params() }
    this.slots.set(tid, slot)
    this.size += bytes
    return slot
  }

  private remove(tid: number, slot: StoredEvent): void {
    this.slots.delete(tid)
    this.size -= slot.bytes.length
  }
}

function tooMany(code: number, count: number, known: number): Fault {
  return new Fault('capture-damaged', `event ${nameOf(code)} has ${count} parameters, of which ${known} are known`, {
    hint: 'if a later version wrote this file, read it with that version',
  })
}

function noConversion(code: number, count: number): Fault {
  return new Fault('capture-damaged', `there is no way to read event ${nameOf(code)} with ${count} parameters`)
}

function nameOf(code: number): string {
  const info = events[code]
  return `${info?.name ?? 'unknown'} (${code})`
}
