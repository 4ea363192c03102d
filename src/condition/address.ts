/** The 4 or 16 bytes of an address as a byte string; undefined where the text is none. */
export function parseAddress(text: string): string | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

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

function parseIpv4(text: string): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const bytes = match.slice(1).map(Number)
  return bytes.every((byte) => byte <= 255) ? String.fromCharCode(...bytes) : undefined
}

function parseIpv6(text: string): string | undefined {
  const [head, tail, ...more] = text.split('::')
  if (head === undefined || more.length > 0) return undefined
  const start = parseGroups(head)
  const end = tail === undefined ? '' : parseGroups(tail)
  if (start === undefined || end === undefined) return undefined
  const missing = 16 - start.length - end.length
  if (tail === undefined) return missing === 0 ? start : undefined
  return missing >= 2 ? start + '\0'.repeat(missing) + end : undefined
}

function parseGroups(text: string): string | undefined {
  if (text === '') return ''
  const groups = text.split(':')
  let bytes = ''
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group)
      return ipv4 === undefined ? undefined : bytes + ipv4
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
    const value = Number.parseInt(group, 16)
    bytes += String.fromCharCode(value >> 8, value & 0xff)
  }
  return bytes
}
