import { appendFileSync } from 'node:fs'
import { Delivery } from '../../src/outputs/shared/delivery.ts'
import { Spool } from '../../src/outputs/shared/spool.ts'

// Accepts alerts and delivers them until it is killed. Writes down what was accepted, and what the output took.

const [directory = '', ledger = '', received = ''] = process.argv.slice(2)
const spool = new Spool({ directory, maxBytes: 1e9, maxAgeMs: 1e9, fsync: 'batch' })
const output = {
  name: 'a',
  write: async (batch: readonly { readonly line: string }[]) => appendFileSync(received, batch.map(({ line }) => `${line}\n`).join('')),
  close: async () => undefined,
}
const log = { error: console.error, warning: console.error }
const delivery = new Delivery(output, { spool, maxAttempts: 0, capacity: 10, slowMs: 60_000, log })

for (let i = 0; ; i++) {
  const batch = Array.from({ length: 20 }, (_, n) => ({ line: `${process.pid} ${i * 20 + n} ${'x'.repeat(200)}`, priority: 4 }))
  spool.append(batch)
  appendFileSync(ledger, batch.map(({ line }) => `${line}\n`).join(''))
  delivery.wake()
  process.stdout.write('.')
  if (i % 10 === 0) spool.prune()
  await Bun.sleep(0)
}
