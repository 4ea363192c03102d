import { gunzipSync } from 'node:zlib'
import { type EventInfo, events, paramBytes } from '../../src/schema/event.ts'

// A reader of recordings of its own, which shares no code with those of the program: it finds every byte that today's Falco would not
// expect. Blocks, entries and limits are those of the format's description.

export interface Checked {
  /** What is wrong, by place; at most a hundred. */
  readonly faults: readonly string[]
  readonly blocks: ReadonlyMap<number, number>
  /** Events that are shown, by name, and those for the state alone. */
  readonly shown: ReadonlyMap<string, number>
  readonly stateOnly: ReadonlyMap<string, number>
}

const types = { section: 0x0a0d0d0a, machine: 0x201, processes: 0x215, fds: 0x218, interfaces: 0x219, users: 0x220 } as const
const eventTypes: ReadonlyMap<number, { flagged: boolean; large: boolean }> = new Map([
  [0x216, { flagged: false, large: false }],
  [0x217, { flagged: true, large: false }],
  [0x221, { flagged: false, large: true }],
  [0x222, { flagged: true, large: true }],
])
const mostPath = 1023
const mostList = 4095
const mostName = 255
const mostBlock = 65_535
const mostFaults = 100
const fileType = 16
const plainTypes: ReadonlySet<number> = new Set([0, 1, 2, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21])

/** Checks a recording, plain or gzip. */
export function checkScap(file: Buffer): Checked {
  const checker = new Checker(file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file)
  try {
    checker.run()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    checker.faults.push(`${file.length}: something is longer than the file`)
  }
  return checker
}

class Checker implements Checked {
  readonly faults: string[] = []
  readonly blocks = new Map<number, number>()
  readonly shown = new Map<string, number>()
  readonly stateOnly = new Map<string, number>()
  private at = 0
  private end = 0
  private lastTs = 0n
  private readonly tids = new Set<bigint>()

  constructor(private readonly bytes: Buffer) {}

  run(): void {
    let isFirst = true
    let hasEvents = false
    for (let start = 0; start < this.bytes.length; ) {
      if (start + 12 > this.bytes.length) {
        this.fault(start, 'a block is cut off')
        return
      }
      const type = this.bytes.readUInt32LE(start)
      const length = this.bytes.readUInt32LE(start + 4)
      if (length < 12 || length % 4 !== 0 || start + length > this.bytes.length) {
        this.fault(start, `a block of ${length} bytes`)
        return
      }
      if (this.bytes.readUInt32LE(start + length - 4) !== length) this.fault(start, 'the length at the end is another')
      if (isFirst !== (type === types.section)) this.fault(start, `block ${type.toString(16)} is in the wrong place`)
      this.blocks.set(type, (this.blocks.get(type) ?? 0) + 1)
      this.at = start + 8
      this.end = start + length - 4
      const event = eventTypes.get(type)
      if (event) this.event(start, event, length)
      else if (hasEvents) this.fault(start, `block ${type.toString(16)} behind events`)
      else this.list(start, type, length)
      hasEvents ||= event !== undefined
      isFirst = false
      start += length
    }
    if (!hasEvents) this.fault(this.bytes.length, 'there are no events')
  }

  private list(start: number, type: number, length: number): void {
    if (type === types.section) {
      this.section(start, length)
      return
    }
    if (type === types.machine) {
      this.machine(start, length)
      return
    }
    if (type === types.fds) this.owner(start)
    const read = { [types.processes]: 'process', [types.fds]: 'fd', [types.users]: 'user', [types.interfaces]: 'address' }[type]
    if (read === undefined) {
      this.fault(start, `block ${type.toString(16)} is none of today's`)
      return
    }
    while (this.end - this.at >= 4) this.entry(read as 'process' | 'fd' | 'user' | 'address')
    this.padding(start)
  }

  private section(start: number, length: number): void {
    if (length !== 28 || this.u32() !== 0x1a2b3c4d || this.u16() !== 1 || this.u16() > 2)
      this.fault(start, 'not the section header of today')
  }

  private machine(start: number, length: number): void {
    if (length !== 192 || this.u32() === 0) this.fault(start, 'not the machine of today')
    this.at += 8
    if (this.i64() <= 0n) this.fault(start, 'no greatest pid')
    const name = this.bytes.subarray(this.at, this.at + 128)
    if (name[0] === 0 || name[127] !== 0) this.fault(start, 'no host name')
  }

  private owner(start: number): void {
    const tid = this.i64()
    if (!this.tids.has(tid)) this.fault(start, `descriptors of thread ${tid}, which is not listed`)
  }

  private entry(kind: 'process' | 'fd' | 'user' | 'address'): void {
    const start = this.at
    const told = this.u32()
    const end = kind === 'address' ? start + 4 + told : start + told
    if (end > this.end || end <= this.at) {
      this.fault(start, `an entry (${kind}) of ${told} bytes`)
      this.at = this.end
      return
    }
    this[kind](start, end)
    if (this.at !== end) this.fault(start, `an entry (${kind}) of ${told} bytes, of which ${this.at - start} are known`)
    this.at = end
  }

  private process(start: number): void {
    this.tids.add(this.i64())
    if (this.i64() < -1n) this.fault(start, 'a pid below -1')
    this.at += 24
    for (let i = 0; i < 3; i++) this.text(mostPath)
    this.pieces(start)
    this.text(mostPath)
    this.at += 8 + 12 + 12 + 16
    this.pieces(start)
    this.at += 16
    if (!/^([\w.-]+=[^\0]*\0)*$/.test(this.pieces(start))) this.fault(start, 'cgroups are not name=path')
    this.text(mostPath)
    this.at += 8 + 4 + 4
    this.flag(start)
    this.at += 24
    this.flag(start)
    this.at += 24
    this.flag(start)
    this.flag(start)
    this.at += 8
  }

  private fd(start: number, end: number): void {
    const num = this.i64()
    if (num < 0n || num > 2n ** 31n) this.fault(start, `descriptor ${num}`)
    this.at += 8
    const type = this.u8()
    const inet = new Map([
      [3, 13],
      [4, 37],
      [5, 7],
      [6, 19],
    ]).get(type)
    if (inet !== undefined) {
      this.at += inet
      if ((this.bytes[this.at - 1] ?? 9) > 5) this.fault(start, 'no such protocol')
    } else if (type === 8) {
      this.at += 16
      this.text(mostPath)
    } else if (type === fileType) {
      this.at += 4
      this.text(mostPath)
      this.at += 4
    } else if (plainTypes.has(type)) {
      this.text(mostPath)
      // Behind a name, readers pass over what they do not know: our own are told there of types that old readers refuse.
      if (type === 10 && end - this.at === 1) this.at++
    } else this.fault(start, `descriptor of type ${type}`)
  }

  private user(start: number): void {
    const type = this.u8()
    if (type > 1) this.fault(start, `neither user nor group: ${type}`)
    this.at += type === 0 ? 8 : 4
    this.text(mostName)
    if (type === 0) for (let i = 0; i < 2; i++) this.text(mostPath)
  }

  private address(start: number): void {
    const type = this.u16()
    const name = this.u16()
    if (type < 1 || type > 4) this.fault(start, `an interface of type ${type}`)
    if (name === 0 || name > mostPath) this.fault(start, `the name of an interface has ${name} bytes`)
    this.at += 3 * (type % 2 === 1 ? 4 : 16) + (type < 3 ? 8 : 0) + name
  }

  private event(start: number, { flagged, large }: { flagged: boolean; large: boolean }, length: number): void {
    const cpu = this.u16()
    const flags = flagged ? this.u32() : 0
    if (cpu >= 4096) this.fault(start, `CPU ${cpu}`)
    if (flagged && (flags === 0 || (flags & ~5) !== 0)) this.fault(start, `flags ${flags}`)
    const head = this.at
    const ts = this.bytes.readBigUInt64LE(head)
    const bytes = this.bytes.readUInt32LE(head + 16)
    const info = events[this.bytes.readUInt16LE(head + 20)]
    const count = this.bytes.readUInt32LE(head + 22)
    if (info === undefined) {
      this.fault(start, `event ${this.bytes.readUInt16LE(head + 20)}`)
      return
    }
    if (info.flags.has('UNUSED') || info.flags.has('OLD_VERSION')) this.fault(start, `${info.id} is no event of today`)
    if (count !== info.params.length) this.fault(start, `${info.id} has ${count} parameters`)
    if (info.isLarge !== large) this.fault(start, `${info.id} in a block of the other size`)
    if (!large && length > mostBlock) this.fault(start, `${info.id} takes ${length} bytes`)
    if (flags === 0 && ts < this.lastTs) this.fault(start, `${info.id} is older than the event before it`)
    if (flags === 0) this.lastTs = ts
    this.params(start, head, info, count, large ? 4 : 2)
    if (this.at !== head + bytes) this.fault(start, `${info.id} says ${bytes} bytes, and has ${this.at - head}`)
    this.at = head + bytes
    this.padding(start)
    const by = (flags & 1) !== 0 ? this.stateOnly : this.shown
    by.set(info.name, (by.get(info.name) ?? 0) + 1)
  }

  private params(start: number, head: number, info: EventInfo, count: number, size: 2 | 4): void {
    let at = head + 26 + size * count
    for (let i = 0; i < count; i++) {
      const length = size === 2 ? this.bytes.readUInt16LE(head + 26 + 2 * i) : this.bytes.readUInt32LE(head + 26 + 4 * i)
      const param = info.params[i]
      const fault = param && length > 0 ? wrongWith(param.type, this.bytes.subarray(at, at + length)) : undefined
      if (fault !== undefined) this.fault(start, `${info.id} ${param?.name}: ${fault}`)
      at += length
    }
    this.at = at
  }

  private padding(start: number): void {
    if (this.end - this.at > 3 || this.at > this.end) this.fault(start, `${this.end - this.at} bytes of padding`)
    for (; this.at < this.end; this.at++) if (this.bytes[this.at] !== 0) this.fault(start, 'padding that is not zero')
  }

  private text(most: number): string {
    const length = this.u16()
    const text = this.bytes.latin1Slice(this.at, this.at + length)
    if (length > most) this.fault(this.at, `a text of ${length} bytes`)
    if (text.includes('\0')) this.fault(this.at, 'a text with a NUL')
    this.at += length
    return text
  }

  private pieces(start: number): string {
    const length = this.u16()
    const text = this.bytes.latin1Slice(this.at, this.at + length)
    if (length > mostList || (length > 0 && !text.endsWith('\0'))) this.fault(start, `a list of ${length} bytes`)
    this.at += length
    return text
  }

  private flag(start: number): void {
    if (this.u8() > 1) this.fault(start, 'neither yes nor no')
  }

  private u8(): number {
    return this.bytes[this.at++] ?? 0
  }

  private u16(): number {
    this.at += 2
    return this.bytes.readUInt16LE(this.at - 2)
  }

  private u32(): number {
    this.at += 4
    return this.bytes.readUInt32LE(this.at - 4)
  }

  private i64(): bigint {
    this.at += 8
    return this.bytes.readBigInt64LE(this.at - 8)
  }

  private fault(at: number, what: string): void {
    if (this.faults.length < mostFaults) this.faults.push(`${at}: ${what}`)
  }
}

const textTypes: ReadonlySet<string> = new Set(['CHARBUF', 'FSPATH', 'FSRELPATH'])
const addressBytes: ReadonlyMap<number, number> = new Map([
  [2, 6],
  [10, 18],
])

/** What is wrong with a value of a parameter that has any. */
function wrongWith(type: string, value: Buffer): string | undefined {
  const size = paramBytes.get(type as never) ?? 0
  if (size > 0) return value.length === size ? undefined : `${value.length} bytes instead of ${size}`
  const isEnded = value[value.length - 1] === 0
  if (textTypes.has(type))
    return isEnded && value.indexOf(0) === value.length - 1 ? undefined : 'a text that does not end with its only NUL'
  if (type === 'CHARBUFARRAY' || type === 'CHARBUF_PAIR_ARRAY') return isEnded ? undefined : 'texts that do not end with a NUL'
  if (type === 'SOCKADDR') return wrongAddress(value, 1)
  if (type === 'SOCKTUPLE') return wrongAddress(value, 2)
  if (type === 'FDLIST') return value.length === 2 + 10 * value.readUInt16LE(0) ? undefined : 'a list of descriptors of another length'
  return undefined
}

function wrongAddress(value: Buffer, ends: 1 | 2): string | undefined {
  const family = value[0] ?? 0
  if (family === 1) {
    const path = value.subarray(ends === 1 ? 1 : 17)
    return path.indexOf(0) === path.length - 1 && path.length > 0 ? undefined : 'a path that does not end with its only NUL'
  }
  const bytes = addressBytes.get(family)
  if (bytes === undefined) return `family ${family}`
  return value.length === 1 + ends * bytes ? undefined : `${value.length} bytes of family ${family}`
}
