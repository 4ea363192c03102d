import { unlinkSync, writeFileSync } from 'node:fs'
import { Fault } from '../../base/fault.ts'

/**
 * Writes the process id to `path`, where one is given; the returned function removes the file again.
 *
 * @throws Fault `pidfile-unwritable`.
 */
export function writePidfile(path: string | undefined): () => void {
  if (path === undefined) return () => undefined
  try {
    writeFileSync(path, `${process.pid}\n`)
  } catch (cause) {
    throw new Fault('pidfile-unwritable', `cannot write the pid file ${path}`, { hint: 'check the path after -P', cause })
  }
  return () => {
    try {
      unlinkSync(path)
    } catch {
      // Somebody else removed it: that is what we wanted.
    }
  }
}
