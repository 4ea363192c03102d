import type { Log } from '../../base/log.ts'

export interface SignalActions {
  readonly stop: () => void
  readonly reopen: () => void
  readonly reload: () => void
}

const kinds = ['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGHUP'] as const
type Kind = (typeof kinds)[number]

/**
 * The signals that scripts and units send, taken from the moment this is made: whoever starts the program may change his mind
 * while it still reads its rules, and those signals are served as soon as there is something to stop.
 */
export class Signals {
  readonly #early: Kind[] = []
  #answer: ((kind: Kind) => void) | undefined
  readonly #listeners = kinds.map((kind) => [kind, () => this.#take(kind)] as const)

  constructor() {
    for (const [kind, listener] of this.#listeners) process.on(kind, listener)
  }

  /** Answers signals, also those that came before, until `close`. */
  answer(log: Pick<Log, 'info'>, actions: SignalActions): void {
    this.#answer = (kind) => answer(kind, log, actions)
    for (const kind of this.#early.splice(0)) this.#answer(kind)
  }

  close(): void {
    for (const [kind, listener] of this.#listeners) process.off(kind, listener)
  }

  #take(kind: Kind): void {
    if (this.#answer) this.#answer(kind)
    else this.#early.push(kind)
  }
}

function answer(kind: Kind, log: Pick<Log, 'info'>, { stop, reopen, reload }: SignalActions): void {
  if (kind === 'SIGUSR1') {
    log.info('SIGUSR1 received, reopening outputs...')
    reopen()
    return
  }
  if (kind === 'SIGHUP') {
    reload()
    return
  }
  // Scripts wait for these words after SIGTERM too.
  log.info('SIGINT received, exiting...')
  stop()
}
