import { constants, existsSync, statSync } from 'node:fs'
import { freemem } from 'node:os'
import { isUsable, textAt } from '../../base/files.ts'
import { defaultSockets } from '../shared/container_runtimes.ts'
import { type Check, failed, ok, type Patient, skipped, warning, withKernel } from './check.ts'

// What is around the program on its host.

const mebibyte = 1024 * 1024
const neededMemory = 128 * mebibyte
const neededFiles = 256

export const hostChecks: readonly Check[] = [
  {
    name: 'proc',
    look: withKernel((_, { hostRoot }) => {
      const mounts = textAt('/proc/self/mountinfo', 'latin1')
      if (!existsSync(`${hostRoot}/proc/1/stat`))
        return failed(`${hostRoot}/proc shows no process 1`, 'mount /proc of the host; in a container, HOST_ROOT says where')
      if (/ \/proc .*hidepid=[^0o]/.test(mounts))
        return warning('/proc is mounted with hidepid', 'start it with CAP_SYS_PTRACE, or remount /proc without hidepid')
      return ok(`${hostRoot}/proc`)
    }),
  },
  { name: 'namespace', look: withKernel(lookAtNamespace) },
  {
    name: 'cgroups',
    look: () => {
      if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return ok('version 2')
      if (existsSync('/sys/fs/cgroup/memory') || existsSync('/sys/fs/cgroup/systemd')) return ok('version 1')
      return warning('/sys/fs/cgroup is not mounted', 'without it nothing is lost but the memory that this container uses, in the metrics')
    },
  },
  { name: 'containers', look: lookAtRuntimes },
  {
    name: 'clock',
    look: () => {
      if (Date.now() < oldestTime)
        return failed(`it is ${new Date().toISOString()} by the clock of this host`, 'set it: times of alerts come from it')
      const isKept = [
        '/run/systemd/timesync/synchronized',
        '/run/chrony/chronyd.pid',
        '/run/chrony',
        '/run/ntpd.pid',
        '/var/run/ntpd.pid',
      ].find(existsSync)
      if (isKept) return ok(`${new Date().toISOString()}, kept by ${isKept}`)
      return warning(
        `${new Date().toISOString()}, and nothing is known that keeps the clock right`,
        'use systemd-timesyncd or chrony: times of alerts come from it',
      )
    },
  },
  {
    name: 'memory',
    look: () => {
      const free = availableMemory()
      const text = `${Math.round(free / mebibyte)} MB are free`
      return free >= neededMemory ? ok(text) : warning(text, `it takes some ${neededMemory / mebibyte} MB`)
    },
  },
  {
    name: 'files',
    look: () => {
      const [, soft = '0'] = /^Max open files\s+(\d+|unlimited)/m.exec(textAt('/proc/self/limits', 'latin1')) ?? []
      if (soft === 'unlimited' || Number(soft) >= neededFiles) return ok(`${soft} may be open`)
      return failed(`only ${soft} may be open`, `ulimit -n ${neededFiles}, or LimitNOFILE= of the unit`)
    },
  },
]

// Nothing of ours is older.
const oldestTime = Date.UTC(2025, 0, 1)

// Events of all processes come with the numbers that the first namespace gives them.
function lookAtNamespace(_: unknown, { hostRoot }: Patient) {
  const [, line = ''] = /^NSpid:\s*(.*)$/m.exec(textAt(`${hostRoot}/proc/self/status`, 'latin1')) ?? []
  if (line.trim().split(/\s+/).length > 1 && hostRoot === '')
    return warning(
      'this process is in a PID namespace of its own: its /proc has other numbers than events',
      'hostPID: true, or docker run --pid=host',
    )
  return ok("the host's, as far as it can be told")
}

function lookAtRuntimes({ hostRoot }: Patient) {
  const sockets = [...new Set(Object.values(defaultSockets).flat())]
  const found = sockets.map((path) => `${hostRoot}${path}`).filter((path) => statSync(path, { throwIfNoEntry: false })?.isSocket())
  if (found.length === 0) return skipped(`no runtime with a socket (${sockets.join(', ')}); others are read from their files`)
  const closed = found.filter((path) => !isUsable(path, constants.W_OK))
  if (closed.length > 0)
    return warning(
      `${closed.join(' and ')} may not be used: names and images of containers stay unknown`,
      'run as root, or as a member of its group',
    )
  return ok(found.join(', '))
}

// What a program can have without others being pushed out (proc_meminfo(5)).
function availableMemory(): number {
  const [, kib] = /^MemAvailable:\s+(\d+)/m.exec(textAt('/proc/meminfo', 'latin1')) ?? []
  return kib === undefined ? freemem() : Number(kib) * 1024
}
