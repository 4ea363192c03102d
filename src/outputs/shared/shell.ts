import { Fault } from '../../base/fault.ts'

/** What runs a command of users. */
export const shell = ['/bin/sh', '-c'] as const

/** Waits for the end of a process; rejects where that was no good one. */
export async function endOf({ exited }: { readonly exited: Promise<number> }): Promise<void> {
  const code = await exited
  if (code !== 0) throw new Fault('output-failed', `the program ended with exit code ${code}`)
}
