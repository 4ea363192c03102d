import { accessSync, readFileSync } from 'node:fs'

/** The text of a file; empty where it cannot be read. */
export function textAt(path: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  try {
    return readFileSync(path, encoding)
  } catch {
    return ''
  }
}

/** Whether this process may use a path in the way that `mode` says (`constants.R_OK`, `W_OK`, `X_OK`). */
export function isUsable(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
