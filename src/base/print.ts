import { writeSync } from 'node:fs'

/**
 * Writes all of `text` to a file descriptor before it returns, however slow the reader is.
 *
 * False where it cannot be written: nobody reads any more (a closed pipe), or the disk is full.
 */
export function print(text: string, fd = 1): boolean {
  const bytes = Buffer.from(text, 'utf8')
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code !== 'EAGAIN') return false
      Bun.sleepSync(1)
    }
  }
  return true
}
