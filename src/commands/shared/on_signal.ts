const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `work` for the first signal that asks the program to end; the next one ends it at once. */
export function onSignal(work: () => void): () => void {
  const take = () => {
    forget()
    work()
  }
  const forget = () => {
    for (const signal of signals) process.off(signal, take)
  }
  for (const signal of signals) process.on(signal, take)
  return forget
}
