import { addressText } from '../../base/address.ts'
import { flagSets } from '../../schema/event.ts'

const family = new Map(flagSets.get('socket_families')?.entries ?? [])
const unix = family.get('AF_UNIX')
const inet = family.get('AF_INET')
const inet6 = family.get('AF_INET6')

/** `10.0.0.1:80`: an address as the drivers write it (SOCKADDR). */
export function sockaddrText(bytes: string): string {
  const kind = bytes.charCodeAt(0)
  if (kind === inet && bytes.length >= 7) return endText(bytes, 1, 4)
  if (kind === inet6 && bytes.length >= 19) return endText(bytes, 1, 16)
  if (kind === unix) return cText(bytes, 1)
  return `family ${kind}`
}

/** `10.0.0.1:80->10.0.0.2:1024`: both ends of a connection as the drivers write them (SOCKTUPLE). */
export function tupleText(bytes: string): string {
  const kind = bytes.charCodeAt(0)
  if (kind === inet && bytes.length >= 13) return `${endText(bytes, 1, 4)}->${endText(bytes, 7, 4)}`
  if (kind === inet6 && bytes.length >= 37) return `${endText(bytes, 1, 16)}->${endText(bytes, 19, 16)}`
  if (kind === unix && bytes.length >= 17) return `${pointerText(bytes, 1)}->${pointerText(bytes, 9)} ${cText(bytes, 17)}`
  return `family ${kind}`
}

function endText(bytes: string, at: number, size: number): string {
  const port = bytes.charCodeAt(at + size) + bytes.charCodeAt(at + size + 1) * 256
  return `${addressText(bytes.slice(at, at + size))}:${port}`
}

function pointerText(bytes: string, at: number): string {
  let hex = ''
  for (let i = at + 7; i >= at; i--) hex += bytes.charCodeAt(i).toString(16).padStart(2, '0')
  return hex.replace(/^0+(?=.)/, '')
}

function cText(bytes: string, at: number): string {
  const end = bytes.indexOf('\0', at)
  return end < 0 ? bytes.slice(at) : bytes.slice(at, end)
}
