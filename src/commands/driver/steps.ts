import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { canRedraw } from '../../base/terminal.ts'
import { visible } from '../../base/text.ts'
import { Journal } from '../../drivers/kmod/journal.ts'
import { whyNoRights } from '../../drivers/kmod/load.ts'

/** Takes down steps and prints each. */
export function printedJournal(isJson: boolean): Journal {
  return new Journal((line) =>
    print(isJson ? `${JSON.stringify({ level: 'INFO', msg: line })}\n` : `${line.split('\n').map(visible).join('\n')}\n`),
  )
}

/** @throws Fault `not-permitted` where this process cannot do anything about modules. */
export function requireRights(what: string): void {
  const reason = whyNoRights()
  if (reason === undefined) return
  throw new Fault('not-permitted', `${what}: ${reason}`, { hint: '--dry-run says what would be done' })
}

const redrawMs = 200

/** Shows how much of a file is there, on a terminal; and the way to erase that. */
export function downloadProgress(): { readonly show: (bytes: number, total: number | undefined) => void; readonly erase: () => void } {
  if (!canRedraw(2)) return { show: () => undefined, erase: () => undefined }
  let nextMs = 0
  return {
    show: (bytes, total) => {
      if (performance.now() < nextMs) return
      nextMs = performance.now() + redrawMs
      const part = total ? ` of ${kib(total)} (${Math.floor((bytes / total) * 100)} %)` : ''
      print(`\r  ${kib(bytes)}${part}\x1b[K`, 2)
    },
    erase: () => print('\r\x1b[K', 2),
  }
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`
}
