import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { whyNotCapture } from './recorder.ts'

// What a user is told where the kernel or the rights do not allow a capture.

const live = join(import.meta.dir, '../../src/capture/live.ts')
const script = `
import { openLive } from ${JSON.stringify(live)}
try {
  openLive({ ringBytes: 8 << 20, cpusPerRing: 1, snaplen: 80, dropFailed: false, selfPid: process.pid, wanted: new Uint8Array(512) })
  console.log('opened')
} catch (error) {
  console.log(error.code + ': ' + error.format())
}`

const withCaps = (caps: string) => ['setpriv', '--inh-caps=-all', `--bounding-set=-all${caps}`]
const rows: readonly (readonly [what: string, wrapper: readonly string[], told: string])[] = [
  [
    'no capability',
    withCaps(''),
    'driver-unavailable: this process lacks the capabilities CAP_BPF and CAP_PERFMON that loading eBPF programs takes\n' +
      '  run as root of the host, or with CAP_BPF and CAP_PERFMON (CAP_SYS_RESOURCE too before kernel 5.11)\n',
  ],
  [
    'CAP_BPF alone',
    withCaps(',+bpf'),
    'driver-unavailable: this process lacks the capability CAP_PERFMON that loading eBPF programs takes\n' +
      '  run as root of the host, or with CAP_BPF and CAP_PERFMON (CAP_SYS_RESOURCE too before kernel 5.11)\n',
  ],
  ['CAP_BPF and CAP_PERFMON', withCaps(',+bpf,+perfmon'), 'opened\n'],
  [
    'a kernel without BTF',
    ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', 'sh'],
    `driver-unavailable: the kernel ${Bun.spawnSync(['uname', '-r']).stdout.toString().trim()} gives no type information: /sys/kernel/btf/vmlinux is missing\n` +
      '  mount /sys where a container hides it, use a kernel built with CONFIG_DEBUG_INFO_BTF, as those of current distributions are, or read events from another source\n',
  ],
]

describe.skipIf(whyNotCapture() !== undefined || !existsSync('/usr/bin/setpriv'))('a capture with', () => {
  test.each(rows)('%s', (_, wrapper, told) => {
    const { stdout, stderr } = Bun.spawnSync([...wrapper, process.execPath, '-e', script])
    expect(stderr.toString()).toBe('')
    expect(stdout.toString()).toBe(told)
  })
})
