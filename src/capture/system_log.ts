import { existsSync } from 'node:fs'
import * as library from './library.ts'

/** How it went with one datagram: `full` may be tried again at once, `absent` where nobody listens. */
export type Sent = 'sent' | 'full' | 'absent' | 'too-long'

const path = '/dev/log'
const [sent, again, tooLong, noBuffers] = [0, -11, -90, -105] as const
const results: Readonly<Record<number, Sent>> = { [sent]: 'sent', [again]: 'full', [noBuffers]: 'full', [tooLong]: 'too-long' }

// Facility user: what syslog(3) takes where a program names none, as Falco does (RFC 3164: facility * 8 + severity).
const facilityUser = 1 << 3

/** Sends one message to the system log, in the form of syslog(3). `severity`: 0 emergency to 7 debug. Never waits. */
export function sendToSystemLog(tag: string, severity: number, text: string): Sent {
  if (!existsSync(path)) return 'absent'
  const datagram = Buffer.from(`<${facilityUser + severity}>${stamp(new Date())} ${tag}[${process.pid}]: ${text}`)
  return results[library.log(datagram)] ?? 'absent'
}

// `Nov  2 03:04:05`, of local time.
function stamp(date: Date): string {
  const [, month, day, , time] = date.toString().split(' ') as [string, string, string, string, string]
  return `${month} ${day.replace(/^0/, ' ')} ${time}`
}
