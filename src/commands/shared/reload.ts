import type { Log } from '../../base/log.ts'
import { shorten } from '../../base/text.ts'
import type { Alert } from '../../engine/alert.ts'
import type { Context } from '../context.ts'
import { explain } from './explain.ts'
import { internalAlert } from './internal_alert.ts'
import { type Loaded, load } from './prepare.ts'
import type { Change, Reloadable } from './reloadable.ts'
import { tidyMemory } from './tidy.ts'
import { turn } from './timers.ts'

export interface ReloadOptions {
  /** The configuration as the files have it now; throws Faults. */
  readonly read: () => Context
  readonly parts: readonly Reloadable[]
  readonly log: Pick<Log, 'error' | 'info'>
  readonly hostname: string
  readonly tell: (alert: Alert) => void
  /** Hear when it begins, and when it is over. */
  readonly onBegin?: () => void
  readonly onEnd?: () => void
}

const criticalPriority = 2
const reasonChars = 2000
// Reloads come in rows.
const tidyMs = 2000

/**
 * Loads configuration and rules again, and exchanges what runs for what they ask for, all parts at once or none.
 *
 * All that can fail is done first, aside; events go on through the old rules until then. The exchange itself is a few assignments
 * between two events, so that none is missed and none is seen twice.
 */
export class Reloader {
  /** How often it was done, and how often the files had mistakes. */
  done = 0
  refused = 0
  /** Whether the last time was one of these. */
  hasFailed = false
  /** When what runs was loaded, ms since the epoch. */
  loadedMs = Date.now()
  readonly #options: ReloadOptions
  #running: Promise<void> | undefined
  #isWanted = false
  #tidying: Timer | undefined

  constructor(options: ReloadOptions) {
    this.#options = options
  }

  /** Reloads, once more where that is under way: the files may have changed since they were read. Resolves when it is over. */
  request(): Promise<void> {
    this.#isWanted = true
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    // Whoever asks from within finds that it is under way.
    await turn()
    this.#options.onBegin?.()
    while (this.#isWanted) {
      this.#isWanted = false
      await this.#reload()
    }
    this.#running = undefined
    this.#options.onEnd?.()
    this.#tidyLater()
  }

  #tidyLater(): void {
    clearTimeout(this.#tidying)
    this.#tidying = setTimeout(tidyMemory, tidyMs)
    this.#tidying.unref()
  }

  async #reload(): Promise<void> {
    const changes: Change[] = []
    try {
      const context = this.#options.read()
      await turn()
      const next = load(context)
      for (const part of this.#options.parts) changes.push(await part.prepare(next))
      this.#commit(next, changes)
    } catch (error) {
      for (const { cancel } of changes) cancel?.()
      this.#refuse(error)
    }
  }

  #commit({ rules }: Loaded, changes: readonly Change[]): void {
    // What scripts that change the configuration wait for.
    this.#options.log.info('SIGHUP received, restarting...')
    for (const { commit } of changes) commit()
    this.done++
    this.hasFailed = false
    this.loadedMs = Date.now()
    this.#options.log.info(`Configuration reloaded without a gap: ${rules.running.length} rules run`)
  }

  #refuse(error: unknown): void {
    const { hostname, tell } = this.#options
    const reason = explain(error).join('\n')
    this.refused++
    this.hasFailed = true
    this.#options.log.error(`The configuration cannot be reloaded; what was loaded before goes on.\n${reason}`)
    const text = `Falco internal: hot restart failure: ${shorten(reason.replace(/\s*\n\s*/g, '; '), reasonChars)}`
    tell(internalAlert({ matter: 'hot restart failure', priority: criticalPriority, text, fields: [], hostname }))
  }
}
