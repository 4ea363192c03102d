/** The text of an address of 4 or 16 raw bytes (a byte string); '' for any other length. */
export function addressText(bytes: string): string {
  if (bytes.length === 4) return ipv4Text(bytes, 0)
  return bytes.length === 16 ? ipv6Text(bytes) : ''
}

function ipv4Text(bytes: string, at: number): string {
  return `${bytes.charCodeAt(at)}.${bytes.charCodeAt(at + 1)}.${bytes.charCodeAt(at + 2)}.${bytes.charCodeAt(at + 3)}`
}

// As inet_ntop writes it: the longest run of two or more zero groups is left out, the first one if several are equal;
// IPv4 addresses in IPv6 clothes keep their dots.
function ipv6Text(bytes: string): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(bytes.charCodeAt(i) * 256 + bytes.charCodeAt(i + 1))
  const [start, length] = longestZeroRun(groups)
  const isMapped = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff))
  if (isMapped) return `::${length === 5 ? 'ffff:' : ''}${ipv4Text(bytes, 12)}`
  const hex = groups.map((group) => group.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  let start = 0
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1
    else if (i + 1 - start > best[1]) best = [start, i + 1 - start]
  })
  return best
}

/** The 4 or 16 bytes of an address as a byte string; undefined where the text is none. */
export function parseAddress(text: string): string | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
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
