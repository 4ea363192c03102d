import { rmSync } from 'node:fs'

/** Names the files of a recording one after the other. */
export interface FileNames {
  next(): string
}

export interface NameOptions {
  /** `-w`: with % marks of strftime where `isTimed`. */
  readonly pattern: string
  /** Whether there may be more than one file: they get numbers. */
  readonly isNumbered: boolean
  readonly isTimed: boolean
  /** Files that are kept at most; 0 is all. */
  readonly most: number
  readonly now: () => Date
}

/** Names by time or by number; of more than `most` files the oldest is written over, or removed. */
export function fileNames({ pattern, isNumbered, isTimed, most, now }: NameOptions): FileNames {
  const written: string[] = []
  let count = 0
  return {
    next() {
      const number = most > 0 ? count % most : count
      count++
      const timed = isTimed ? strftime(pattern, now()) : pattern
      const isDistinct = timed !== pattern && written.at(-1) !== timed
      const name = !isNumbered || isDistinct ? timed : withNumber(timed, number, most)
      written.push(name)
      if (most > 0 && written.length > most) {
        const oldest = written.shift()
        if (oldest !== undefined && oldest !== name) rmSync(oldest, { force: true })
      }
      return name
    },
  }
}

// Numbers of a ring of files have as many digits as its last one, so that they sort.
function withNumber(pattern: string, number: number, most: number): string {
  const digits = most > 0 ? String(most - 1).length : 1
  return `${pattern}${String(number).padStart(digits, '0')}`
}

const two = (value: number) => String(value).padStart(2, '0')

const marks: Readonly<Record<string, (time: Date) => string>> = {
  Y: (time) => String(time.getFullYear()),
  m: (time) => two(time.getMonth() + 1),
  d: (time) => two(time.getDate()),
  H: (time) => two(time.getHours()),
  M: (time) => two(time.getMinutes()),
  S: (time) => two(time.getSeconds()),
  F: (time) => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`,
  T: (time) => `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`,
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  '%': () => '%',
}

/** A pattern of strftime(3) in local time; marks that are not known stay as they are. */
export function strftime(pattern: string, time: Date): string {
  return pattern.replace(/%(.)/g, (mark, letter: string) => marks[letter]?.(time) ?? mark)
}
