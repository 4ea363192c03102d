import { toByteString } from '../../base/text.ts'

// As much of protocol buffers as the APIs of container runtimes take: numbers, texts, messages and maps of texts.

const wires = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** A message that was received: its fields by number. Whatever is not as it should be is taken for absent. */
export class Message {
  private readonly fields = new Map<number, (bigint | Buffer)[]>()

  constructor(bytes: Buffer) {
    const reader = new Reader(bytes)
    while (!reader.isAtEnd) {
      const field = reader.field()
      if (field === undefined) return
      const [number, value] = field
      const values = this.fields.get(number)
      if (values === undefined) this.fields.set(number, [value])
      else values.push(value)
    }
  }

  /** A text as a byte string; undefined where it is missing or empty. */
  text(number: number): string | undefined {
    const value = this.fields.get(number)?.at(-1)
    return value instanceof Buffer && value.length > 0 ? toByteString(value.toString('utf8')) : undefined
  }

  number(number: number): bigint {
    const value = this.fields.get(number)?.at(-1)
    return typeof value === 'bigint' ? value : 0n
  }

  message(number: number): Message | undefined {
    return this.messages(number).at(-1)
  }

  messages(number: number): Message[] {
    return (this.fields.get(number) ?? []).flatMap((value) => (value instanceof Buffer ? [new Message(value)] : []))
  }

  /** A map of texts. */
  map(number: number): Map<string, string> {
    return new Map(this.messages(number).map((entry) => [entry.text(1) ?? '', entry.text(2) ?? '']))
  }
}

/** A message of text fields, by number; a flag that is true is a number. */
export function encodeMessage(fields: Readonly<Record<number, string | true>>): Buffer {
  const parts = Object.entries(fields).map(([number, value]) => {
    if (value === true) return Buffer.from([...varint(Number(number) * 8 + wires.varint), 1])
    const text = Buffer.from(value, 'utf8')
    return Buffer.concat([Buffer.from([...varint(Number(number) * 8 + wires.bytes), ...varint(text.length)]), text])
  })
  return Buffer.concat(parts)
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

const longestVarint = 10

class Reader {
  private at = 0

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length
  }

  /** The next field; undefined where the bytes are none. */
  field(): readonly [number, bigint | Buffer] | undefined {
    const key = this.varint()
    if (key === undefined) return undefined
    const number = Number(key >> 3n)
    const wire = Number(key & 7n)
    const value = wire === wires.varint ? this.varint() : this.chunk(this.lengthOf(wire))
    return value === undefined ? undefined : [number, value]
  }

  private lengthOf(wire: number): number | undefined {
    if (wire === wires.fixed64) return 8
    if (wire === wires.fixed32) return 4
    const length = wire === wires.bytes ? this.varint() : undefined
    return length === undefined ? undefined : Number(length)
  }

  private chunk(length: number | undefined): Buffer | undefined {
    if (length === undefined || length > this.bytes.length - this.at) return undefined
    const value = this.bytes.subarray(this.at, this.at + length)
    this.at += length
    return value
  }

  private varint(): bigint | undefined {
    let value = 0n
    for (let i = 0; i < longestVarint; i++) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) return undefined
      value |= BigInt(byte & 127) << BigInt(i * 7)
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    return undefined
  }
}
