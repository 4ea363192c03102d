import { readFileSync } from 'node:fs'
import { dropPages } from './library.ts'

/**
 * Takes the machine code of this program out of its memory, save for what runs now: a start runs most of it once, and the file gives
 * back at once what is run again. Nothing that was written is lost: only pages that can be read and run are taken out.
 */
export function dropCode(): void {
  for (const { from, to } of codeOf(readFileSync('/proc/self/maps', 'latin1'), process.execPath)) dropPages(from, to - from)
}

/** The ranges of memory that hold the code of the program `path`, in the text of /proc/PID/maps. */
export function codeOf(maps: string, path: string): readonly { readonly from: number; readonly to: number }[] {
  return maps.split('\n').flatMap((line) => {
    const [, from = '', to = '', name] = /^([0-9a-f]+)-([0-9a-f]+) r-xp (?:\S+ ){3}\s*(.*)$/.exec(line) ?? []
    return name === path ? [{ from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }] : []
  })
}
