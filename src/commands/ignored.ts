import { print } from '../base/print.ts'
import { highVolumeSyscalls } from '../capture/interest.ts'
import type { EarlyAction } from './command.ts'

/** `-i`. */
export const ignoredAction: EarlyAction = {
  name: 'ignored',
  isWanted: ({ args }) => args.ignored,
  run: () => (print(`Ignored syscall(s):\n${names().join('\n')}\n`) ? 0 : 1),
}

function names(): string[] {
  return highVolumeSyscalls()
    .map((name) => `- ${name}`)
    .sort()
}
