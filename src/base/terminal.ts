/** Whether a descriptor is a terminal: 0 standard input, 1 standard output, 2 standard error. */
export function isTerminal(fd: number): boolean {
  // Loaded where it is asked for: most starts never ask.
  return process.getBuiltinModule('node:tty').isatty(fd)
}

/** Whether a line on this terminal can be drawn anew. */
export function canRedraw(fd: number): boolean {
  return process.env.TERM !== 'dumb' && isTerminal(fd)
}
