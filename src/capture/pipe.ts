import * as library from './library.ts'

/** A pipe: the end to read from, the end to write to, and a second one to read from; only the first one waits. Undefined where there is none. */
export function makePipe(): readonly [read: number, write: number, peek: number] | undefined {
  return library.pipe()
}
