import { print } from '../base/print.ts'
import { events, syscalls } from '../schema/event.ts'
import type { EarlyAction } from './command.ts'

// Reading and writing is what programs do most; rules seldom look at it.
const categories = new Set(['IO_READ', 'IO_WRITE'])

/** `-i`. */
export const ignoredAction: EarlyAction = {
  name: 'ignored',
  isWanted: ({ args }) => args.ignored,
  run: () => (print(`Ignored syscall(s):\n${names().join('\n')}\n`) ? 0 : 1),
}

function names(): string[] {
  return syscalls
    .filter(({ exit }) => categories.has(events[exit]?.category ?? ''))
    .map(({ name }) => `- ${name}`)
    .sort()
}
