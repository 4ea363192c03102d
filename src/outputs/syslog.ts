import { type Message, type Output, WriteFault } from './output.ts'

export interface SyslogOptions {
  /** Sends one message to the system log, and never waits. `severity`: 0 emergency to 7 debug. */
  readonly send: (severity: number, text: string) => 'sent' | 'full' | 'absent' | 'too-long'
  /** How long a daemon that restarts is waited for. */
  readonly patienceMs?: number
}

const pauseMs = 20
const defaultPatienceMs = 10_000
const absent = 'nobody takes messages at /dev/log: start rsyslog or systemd-journald, or set syslog_output.enabled: false'
const tooLong = 'an alert is longer than what the system log takes'

/**
 * Alerts to the system log, with the severity of the rule.
 *
 * A daemon that was there and is gone for a moment is waited for; one that stays away is asked once for each write.
 */
export function openSyslog({ send, patienceMs = defaultPatienceMs }: SyslogOptions): Output {
  let isThere = false
  const pass = async ({ line, priority }: Message): Promise<string | undefined> => {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const result = send(priority, line)
      if (result === 'sent') {
        isThere = true
        return undefined
      }
      if (result === 'too-long') return tooLong
      if (result === 'absent' && (!isThere || Date.now() > deadline)) {
        isThere = false
        return absent
      }
      await Bun.sleep(pauseMs)
    }
  }
  return {
    name: 'syslog',
    async write(messages) {
      for (const [written, message] of messages.entries()) {
        const failure = await pass(message)
        if (failure !== undefined) throw new WriteFault(failure, { written, isRefused: failure === tooLong })
      }
    },
    async close() {},
  }
}
