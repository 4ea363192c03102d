import type { Event } from '../event/event.ts'

// A power of two. The address 0.0.0.0 is what all of them hold at first.
const slotCount = 256
const shift = 24
const keys = new Int32Array(slotCount)
const texts: string[] = new Array<string>(slotCount).fill('\0\0\0\0')

/** The IPv4 address of 4 bytes at `offset`, as a byte string: of the few that come again and again, the same one each time. */
export function ipv4At(event: Event, offset: number): string {
  const key = event.view.getInt32(offset, true)
  const slot = Math.imul(key, 0x9e37_79b1) >>> shift
  if (keys[slot] === key) return texts[slot] as string
  const text = event.bytes.latin1Slice(offset, offset + 4)
  keys[slot] = key
  texts[slot] = text
  return text
}

const loopbackNet = 127
const loopback6 = `${'\0'.repeat(15)}\x01`

/** What stands for any address of the machine, as byte strings. */
export const anyAddresses: ReadonlySet<string> = new Set(['\0'.repeat(4), '\0'.repeat(16)])

/** Whether an address is in the network of another; byte strings. */
export function isInNet(peer: string, address: string, netmask: string): boolean {
  if (peer.length !== address.length || netmask.length !== address.length) return false
  for (let i = 0; i < peer.length; i++) if (((peer.charCodeAt(i) ^ address.charCodeAt(i)) & netmask.charCodeAt(i)) !== 0) return false
  return true
}

export function isLoopback(address: string): boolean {
  return address.length === 4 ? address.charCodeAt(0) === loopbackNet : address === loopback6
}
