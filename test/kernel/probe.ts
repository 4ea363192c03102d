import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory with one rule, which fires for each file in it whose name begins with `probe`. */
export class Probe {
  readonly dir = mkdtempSync(join(tmpdir(), 'eyas-probe-'))
  readonly rules = join(this.dir, 'rules.yaml')

  constructor() {
    const condition = `evt.type in (open, openat, openat2) and fd.name startswith ${this.dir}/probe`
    const rule = { rule: 'Probe', desc: 'Of the test.', condition, output: 'probe of %proc.name on %fd.name', priority: 'WARNING' }
    writeFileSync(this.rules, JSON.stringify([rule]))
  }

  /** Opens a file of this name; returns its path. */
  open(name: string): string {
    const path = join(this.dir, name)
    closeSync(openSync(path, 'w'))
    return path
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}
