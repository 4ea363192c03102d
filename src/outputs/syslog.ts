import { Fault } from '../base/fault.ts'
import type { Message, Output } from './output.ts'

export interface SyslogOptions {
  /** Sends one message to the system log, and never waits. `severity`: 0 emergency to 7 debug. */
  readonly send: (severity: number, text: string) => 'sent' | 'full' | 'absent' | 'too-long'
  /** How long a daemon that restarts is waited for. */
  readonly patienceMs?: number
}

const pauseMs = 20
const defaultPatienceMs = 10_000

/**
 * Alerts to the system log, with the severity of the rule.
 *
 * A daemon that was there and is gone for a moment is waited for; one that stays away is asked once for each write.
 */
export function openSyslog({ send, patienceMs = defaultPatienceMs }: SyslogOptions): Output {
  let isThere = false
  const pass = async ({ line, priority }: Message): Promise<void> => {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const result = send(priority, line)
      if (result === 'sent') {
        isThere = true
        return
      }
      if (result === 'too-long') throw tooLong(line)
      if (result === 'absent' && (!isThere || Date.now() > deadline)) {
        isThere = false
        throw absent()
      }
      await Bun.sleep(pauseMs)
    }
  }
  return {
    name: 'syslog',
    async write(messages) {
      for (const message of messages) await pass(message)
    },
    async close() {},
  }
}

function tooLong(line: string): Fault {
  return new Fault('output-failed', `the system log takes no message of ${line.length} characters`)
}

function absent(): Fault {
  return new Fault('output-failed', 'nobody takes messages at /dev/log', {
    hint: 'start rsyslog or systemd-journald, or set syslog_output.enabled: false',
  })
}
