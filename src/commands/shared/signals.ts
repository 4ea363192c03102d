import type { Log } from '../../base/log.ts'

export interface SignalActions {
  readonly stop: () => void
  readonly reopen: () => void
  /** SIGHUP; without it the signal is taken and nothing happens. */
  readonly reload?: () => void
}

/** Answers the signals that scripts and units send, until the returned function is called. */
export function onSignals(log: Pick<Log, 'info'>, actions: SignalActions): () => void {
  const stop = () => {
    // Scripts wait for these words after SIGTERM too.
    log.info('SIGINT received, exiting...')
    actions.stop()
  }
  const reopen = () => {
    log.info('SIGUSR1 received, reopening outputs...')
    actions.reopen()
  }
  const reload = () => {
    if (!actions.reload) return
    log.info('SIGHUP received, restarting...')
    actions.reload()
  }
  const listeners = [
    ['SIGINT', stop],
    ['SIGTERM', stop],
    ['SIGUSR1', reopen],
    ['SIGHUP', reload],
  ] as const
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}
