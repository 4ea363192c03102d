import { readFileSync } from 'node:fs'
import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import type { Action } from './command.ts'

// The kernel tells each process by this entry of its auxiliary vector (AT_PAGESZ, include/uapi/linux/auxvec.h).
const atPageSize = 6n

/** `--page-size`. */
export const pageSizeAction: Action = {
  name: 'page-size',
  isWanted: ({ args }) => args.pageSize,
  run: () => (print(`Your system page size is: ${pageSize()} bytes\n`) ? 0 : 1),
}

function pageSize(): bigint {
  const bytes = readFileSync('/proc/self/auxv')
  for (let at = 0; at + 16 <= bytes.length; at += 16) if (bytes.readBigUInt64LE(at) === atPageSize) return bytes.readBigUInt64LE(at + 8)
  throw new Fault('host-unknown', 'the kernel does not tell the size of a page in /proc/self/auxv', { hint: 'mount /proc' })
}
