import { interestLength } from '../../capture/interest.ts'
import { openKmod } from '../../capture/kmod.ts'
import { missingForProc } from '../../capture/rights.ts'
import type { Settings } from '../../config/keys.ts'
import { loadedModule } from '../../drivers/kmod/index.ts'
import type { CaptureRequest, OpenedCapture } from './captures.ts'

const presetBytes = 1024 * 1024
const defaultSnaplen = 80

/**
 * Opens the kernel module that is loaded: Falco's, or the plain one.
 *
 * @throws Fault `driver-unavailable` where there is none, or it cannot be used.
 */
export function openKernelModule({ settings, wanted, log }: CaptureRequest): OpenedCapture {
  log.info("Opening 'syscall' source with Kernel module")
  const capture = openKmod({ ...optionsOf(settings), wanted })
  const { version, api, schema, protocol } = capture.facts()
  log.info(`The module has version ${version}, API ${api}, schema ${schema}`)
  if (protocol === 'events' && settings['engine.kmod.drop_failed_exit'])
    log.warning('This module is older than engine.kmod.drop_failed_exit: calls that failed are captured, too')
  return {
    next: () => capture.next(),
    onReadable: (wake) => capture.onReadable(wake),
    stats: () => capture.stats(),
    expect: () => undefined,
    want: (marks) => {
      capture.want(marks)
      log.info(`Capturing ${countOf(marks)} system calls`)
    },
    stop: () => capture.stop(),
    close: () => {
      for (const problem of capture.problems) log.debug(`Events of the module that could not be read: ${problem}`)
      capture.close()
    },
    begin: (state) => {
      const missing = missingForProc()
      if (missing.length > 0) log.warning(`Without ${missing.join(' and ')}, alerts tell less of processes that run by now`)
      // The module runs by now: what happens during the scan waits in its rings.
      state.scan()
      log.info(`Capturing ${countOf(wanted)} system calls, ${state.threads.size} threads known`)
    },
  }
}

/**
 * Opens the kernel module as a program that runs would, and closes it again; what it is.
 *
 * @throws Fault `driver-unavailable`.
 */
export function tryKernelModule(settings: Settings): string {
  const options = optionsOf(settings)
  const capture = openKmod({ ...options, wanted: new Uint8Array(interestLength) })
  const { version, api, schema } = capture.facts()
  capture.close()
  return `${options.name} ${version} can be read, API ${api}, schema ${schema}`
}

function optionsOf(settings: Settings) {
  return {
    name: loadedModule()?.name ?? 'falco',
    ringBytes: presetBytes << (settings['engine.kmod.buf_size_preset'] - 1),
    cpusPerRing: 1,
    snaplen: settings['falco_libs.snaplen'] || defaultSnaplen,
    dropFailed: settings['engine.kmod.drop_failed_exit'],
    selfPid: process.pid,
  }
}

function countOf(wanted: Uint8Array): number {
  return wanted.reduce((count, mark) => count + (mark === 0 ? 0 : 1), 0)
}
