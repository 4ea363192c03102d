import { appendFileSync } from 'node:fs'
import { openHttp } from '../../src/outputs/http.ts'
import { Delivery } from '../../src/outputs/shared/delivery.ts'
import { Spool } from '../../src/outputs/shared/spool.ts'
import { SpoolWriter } from '../../src/outputs/shared/spool_writer.ts'
import { plainHttp } from '../tools/http_options.ts'

// Accepts alerts, writes down which, and posts them, until it is killed. It begins with the number that it is given.

const [directory = '', ledger = '', url = '', first = '0'] = process.argv.slice(2)
const log = { error: () => undefined, warning: () => undefined }
const limits = { capacity: 100_000, slowMs: 60_000, log }
const spool = new Spool({ directory, maxBytes: 1e9, maxAgeMs: 1e9, fsync: 'batch' })
const output = openHttp({ ...plainHttp, url, keepAlive: true, timeoutMs: 1000 })
const delivery = new Delivery(output, { ...limits, spool, maxAttempts: 0, sleep: (ms) => Bun.sleep(Math.min(ms, 5)) })
let accepted: string[] = []
const writer = new SpoolWriter(spool, limits, () => {
  appendFileSync(ledger, accepted.map((id) => `${id}\n`).join(''))
  accepted = []
  delivery.wake()
})
delivery.wake()
process.stdout.write('.')
for (let i = Number(first); ; i++) {
  for (const part of ['a', 'b', 'c']) {
    accepted.push(`${i}${part}`)
    writer.push({ line: JSON.stringify({ id: `${i}${part}`, output: 'x'.repeat(300) }), priority: 4 })
  }
  process.stdout.write('.')
  await Bun.sleep(1)
}
