import { parseAddress } from '../base/address.ts'

/** A network: addresses whose first `bits` bits are those of `base`. */
export class Net {
  readonly base: string
  readonly bits: number
  private readonly wholeBytes: number
  private readonly prefix: string
  private readonly mask: number
  private readonly rest: number

  constructor(base: string, bits: number) {
    this.base = base
    this.bits = bits
    this.wholeBytes = bits >> 3
    this.prefix = base.slice(0, this.wholeBytes)
    this.mask = (0xff00 >> (bits & 7)) & 0xff
    this.rest = this.mask === 0 ? 0 : base.charCodeAt(this.wholeBytes) & this.mask
  }

  /** Whether the address of 4 or 16 bytes is inside; one of the other family never is. */
  has(address: string): boolean {
    if (address.length !== this.base.length || !address.startsWith(this.prefix)) return false
    return this.mask === 0 || (address.charCodeAt(this.wholeBytes) & this.mask) === this.rest
  }
}

/** The network of `10.0.0.0/8` or `2001:db8::/32`; undefined where the text is none, or is all of IPv6. */
export function parseNet(text: string): Net | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  const base = match?.[1] === undefined ? undefined : parseAddress(match[1])
  if (base === undefined) return undefined
  const bits = Number(match?.[2])
  if (bits > base.length * 8 || (bits === 0 && base.length === 16)) return undefined
  return new Net(base, bits)
}
