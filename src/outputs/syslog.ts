import { Fault } from '../base/fault.ts'
import type { Output } from './output.ts'

export interface SyslogOptions {
  /** What names this program in the log. */
  readonly tag: string
  /** Sends one datagram to the system log; false where nobody listens. */
  readonly send: (bytes: Buffer) => boolean
}

// Facility user, as Falco's alerts have it (RFC 3164: facility * 8 + severity).
const facilityUser = 1 << 3

/** Alerts to the system log, with the severity of the rule. */
export function openSyslog({ tag, send }: SyslogOptions): Output {
  return {
    name: 'syslog',
    async write(messages) {
      for (const { line, priority } of messages) {
        if (send(Buffer.from(`<${facilityUser + priority}>${tag}[${process.pid}]: ${line}`))) continue
        throw new Fault('output-failed', 'nobody takes messages at /dev/log', {
          hint: 'start rsyslog or systemd-journald, or set syslog_output.enabled: false',
        })
      }
    },
    async close() {},
  }
}
