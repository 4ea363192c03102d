import { write } from 'node:fs'

/** Writes all bytes to a descriptor without blocking the event loop, however slow the reader is. */
export async function writeFully(fd: number, bytes: Buffer): Promise<void> {
  let at = 0
  while (at < bytes.length) {
    const written = await writeOnce(fd, bytes, at)
    if (written === 0) await Bun.sleep(5)
    at += written
  }
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

/** The lines of messages, each with its newline. */
export function linesOf(messages: readonly { readonly line: string }[]): Buffer {
  let text = ''
  for (const { line } of messages) text += `${line}\n`
  return Buffer.from(text, 'utf8')
}
