import { write } from 'node:fs'

/** Writes all bytes to a descriptor without blocking the event loop, however slow the reader is. */
export async function writeFully(fd: number, bytes: Buffer): Promise<void> {
  const { error } = await writeAsFar(fd, bytes)
  if (error) throw error
}

/** As `writeFully`, as long as `goesOn`; says how far it came, and why not further. */
export async function writeAsFar(
  fd: number,
  bytes: Buffer,
  goesOn: () => boolean = () => true,
): Promise<{ readonly written: number; readonly error?: Error }> {
  let at = 0
  while (at < bytes.length && goesOn()) {
    try {
      const written = await writeOnce(fd, bytes, at)
      if (written === 0) await Bun.sleep(5)
      at += written
    } catch (error) {
      return { written: at, error: error as Error }
    }
  }
  return { written: at }
}

/** Writes `text` as far as that goes within `limitMs`: last words, for which nobody has to wait. */
export async function writeWithin(limitMs: number, fd: number, text: string): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limitMs)
  await Promise.race([tooLate, writeFully(fd, Buffer.from(text, 'utf8')).catch(() => undefined)])
  clearTimeout(timer)
}

// 0 where a non-blocking descriptor has no room now.
function writeOnce(fd: number, bytes: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, at, bytes.length - at, null, (error, written) => {
      if (!error) resolve(written)
      else if (error.code === 'EAGAIN') resolve(0)
      else reject(error)
    })
  })
}
