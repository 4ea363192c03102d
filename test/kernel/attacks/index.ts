import type { Attack } from './attack.ts'
import { containers } from './containers.ts'
import { files } from './files.ts'
import { network } from './network.ts'
import { processes } from './processes.ts'

const all: readonly Attack[] = [...files, ...processes, ...network, ...containers]

/** All attacks that this machine's architecture knows, at least one for each rule; those that take long at the end. */
export const attacks: readonly Attack[] = all
  .filter(({ architecture }) => architecture === undefined || architecture === process.arch)
  .sort((a, b) => Number(a.isSlow ?? false) - Number(b.isSlow ?? false))
