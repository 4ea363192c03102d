import { existsSync } from 'node:fs'
import { Fault } from '../../base/fault.ts'
import type { Step } from './steps.ts'

/** systemd of this host; nothing is asked of it where it does not run, with `--root` or with `--dry-run`. */
export class Systemd {
  readonly isThere: boolean
  readonly #isDry: boolean

  constructor(root: string, isDry: boolean) {
    // sd_booted(3).
    this.isThere = root === '/' && existsSync('/run/systemd/system')
    this.#isDry = isDry
  }

  isActive(unit: string): boolean {
    return this.isThere && ask(['is-active', '--quiet', unit]).exitCode === 0
  }

  /** @throws Fault where it does not succeed. */
  run(words: readonly string[]): Step[] {
    if (!this.isThere) return []
    const command = `systemctl ${words.join(' ')}`
    if (!this.#isDry) {
      const { exitCode, stderr } = ask(words)
      if (exitCode !== 0)
        throw new Fault('install-failed', `${command} failed: ${stderr.toString().trim()}`, { hint: 'journalctl -u eyas says more' })
    }
    return [{ verb: 'run', what: command }]
  }
}

function ask(words: readonly string[]) {
  return Bun.spawnSync(['systemctl', ...words], { stdout: 'ignore', stderr: 'pipe' })
}
