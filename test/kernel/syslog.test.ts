import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// The system log, with rsyslog in a mount namespace of its own: the host's /dev is not touched.

const daemon = Bun.which('rsyslogd', { PATH: `${process.env.PATH}:/usr/sbin` })
const reason = whyNotLive() ?? (daemon === null ? 'there is no rsyslogd' : undefined)
if (reason !== undefined) console.warn(`tests of the system log are skipped: ${reason}`)

describe.skipIf(reason !== undefined)('the system log', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  test('gets alerts with their severity, also past a restart of its daemon, and what the program says of itself', async () => {
    const [log, pidfile, config] = ['log', 'rsyslogd.pid', 'rsyslog.conf'].map((name) => join(probe.dir, name)) as [string, string, string]
    writeFileSync(config, configOf(log))
    const again = join(probe.dir, 'again')
    const stage = join(probe.dir, 'stage.sh')
    writeFileSync(stage, stageOf(`${daemon} -f ${config} -i ${pidfile}`, pidfile, again))
    const args = ['-o', 'syslog_output.enabled=true', '-o', 'log_syslog=true', '-o', 'stdout_output.enabled=true']
    const agent = await startAgent(['-r', probe.rules, ...args], {}, ['unshare', '--mount', 'sh', stage])

    const first = probe.open('probe-first')
    await until(() => textOf(log).includes(first))
    // The stage ends the daemon and starts another.
    writeFileSync(again, '')
    await until(() => !existsSync(again))
    const second = probe.open('probe-second')
    await until(() => textOf(log).includes(second))
    expect(await agent.stop()).toBe(0)

    const lines = textOf(log).split('\n')
    const alert = (path: string) =>
      new RegExp(`^user\\.warning falco\\[\\d+\\] \\d\\d:\\d\\d:\\d\\d\\.\\d{9}: Warning probe of \\S+ on ${path}$`)
    for (const path of [first, second]) expect(lines.filter((line) => alert(path).test(line))).toHaveLength(1)
    expect(lines.filter((line) => /^user\.info falco\[\d+\] Falco version: /.test(line))).toHaveLength(1)
  }, 30_000)
})

function configOf(log: string): string {
  return [
    'module(load="imuxsock" SysSock.Name="/dev/log")',
    'template(name="seen" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname%[%procid%]%msg%\\n")',
    `action(type="omfile" file="${log}" template="seen" asyncWriting="off" flushOnTXEnd="on")`,
  ].join('\n')
}

/** A shell that gives the agent a /dev with a system log, and restarts the daemon once, when the file `again` is there. */
function stageOf(command: string, pidfile: string, again: string): string {
  return `set -e
mkdir -p "$(dirname ${again})/dev"
mount -t tmpfs none "$(dirname ${again})/dev"
for name in null zero urandom full; do : > "$(dirname ${again})/dev/$name"; mount --bind "/dev/$name" "$(dirname ${again})/dev/$name"; done
mount --move "$(dirname ${again})/dev" /dev
${command}
until [ -S /dev/log ]; do sleep 0.05; done
(
  until [ -e ${again} ]; do sleep 0.05; done
  daemon=$(cat ${pidfile})
  kill "$daemon"
  while [ -e "/proc/$daemon" ]; do sleep 0.05; done
  ${command}
  until [ -S /dev/log ] && [ -s ${pidfile} ]; do sleep 0.05; done
  daemon=$(cat ${pidfile})
  rm ${again}
  # The daemon ends with the agent.
  while kill -0 $$; do sleep 0.05; done 2>/dev/null
  kill "$daemon"
) >/dev/null 2>&1 &
exec "$@"
`
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 10 s')
    await Bun.sleep(20)
  }
}
