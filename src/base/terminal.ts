import { fstatSync } from 'node:fs'

/** Whether a descriptor is a terminal: 0 standard input, 1 standard output, 2 standard error. */
export function isTerminal(fd: number): boolean {
  // What is loaded for the question takes longer than to see that it is a file or a pipe.
  return isCharacterDevice(fd) && process.getBuiltinModule('node:tty').isatty(fd)
}

/** Whether a line on this terminal can be drawn anew. */
export function canRedraw(fd: number): boolean {
  return process.env.TERM !== 'dumb' && isTerminal(fd)
}

function isCharacterDevice(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice()
  } catch {
    // It is closed.
    return false
  }
}
