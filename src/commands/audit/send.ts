import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { readBody } from '../../plugins/k8s_audit/body.ts'
import { partsAt } from '../../plugins/k8s_audit/files.ts'
import { defineCommand } from '../command.ts'
import { clientFlags, clientOf } from './client.ts'
import { Sender, type SenderCounts } from './sender.ts'

/** `eyas audit send FILE`. */
export const sendCommand = defineCommand({
  name: 'audit send',
  summary: 'Posts the events of a file as kube-apiserver would, for a trial.',
  usage: '[OPTION...] FILE...',
  flags: [
    ...clientFlags,
    { name: 'batch', long: 'batch', arg: 'N', help: 'Events in a request (default 100).' },
    { name: 'parallel', long: 'parallel', arg: 'N', help: 'Requests under way at once (default 4).' },
    { name: 'rate', long: 'rate', arg: 'N', help: 'Requests a second in the long run; without it, as many as are taken.' },
    { name: 'retries', long: 'retries', arg: 'N', help: 'How often a request is tried again (default 4, as kube-apiserver does).' },
    { name: 'repeat', long: 'repeat', arg: 'N', help: 'Send the files so many times, each time with other ids.' },
    { name: 'gzip', long: 'gzip', help: 'Compress the requests.' },
  ],
  details: `FILE has one event or list a line, or is one JSON document; a directory stands for its files.

A request is tried again where nothing listens, the connection breaks, or the answer is 429 or 5xx.
The exit code is 1 if not every request was taken.`,
  run: async ({ args, rest }) => {
    if (rest.length === 0) throw new Fault('flag-invalid', 'audit send wants a FILE', { hint: 'name an audit log of kube-apiserver' })
    const batch = wholeNumber('--batch', args.batch, 100)
    const rate = wholeNumber('--rate', args.rate, 0, 0)
    const sender = new Sender({
      client: clientOf(args),
      parallel: wholeNumber('--parallel', args.parallel, 4),
      batchesPerSecond: rate,
      burst: Math.max(rate, 1),
      retries: wholeNumber('--retries', args.retries, 4, 0),
      backoffMs: 500,
      timeoutMs: 30_000,
      compress: args.gzip,
      onProblem: (problem) => print(`not taken: ${problem.trim()}\n`, 2),
    })
    const start = performance.now()
    await sender.send(batchesOf(rest, batch, wholeNumber('--repeat', args.repeat, 1)))
    return print(report(sender.counts, (performance.now() - start) / 1000)) && sender.counts.lost === 0 ? 0 : 1
  },
})

async function* batchesOf(paths: readonly string[], size: number, repeat: number): AsyncGenerator<string[]> {
  let batch: string[] = []
  for (let round = 0; round < repeat; round++) {
    for await (const event of eventsOf(paths)) {
      batch.push(JSON.stringify(round === 0 ? event : { ...event, auditID: `${String(event.auditID)}-${round}` }))
      if (batch.length < size) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

async function* eventsOf(paths: readonly string[]): AsyncGenerator<Readonly<Record<string, unknown>>> {
  for (const path of paths) {
    for await (const { bytes } of partsAt(path)) {
      const { items, malformed, problem } = readBody(bytes, Number.POSITIVE_INFINITY)
      if (malformed > 0) print(`${path}: ${malformed} malformed, the first: ${problem}\n`, 2)
      for (const { document } of items) yield document as Readonly<Record<string, unknown>>
    }
  }
}

function report({ requests, retries, lost, lostEvents, accepted, duplicates, malformed }: SenderCounts, seconds: number): string {
  const rate = Math.round((accepted + duplicates) / Math.max(seconds, 0.001))
  return [
    `${accepted} events accepted, ${duplicates} known already, ${malformed} malformed, in ${seconds.toFixed(1)} s: ${rate} events/s`,
    `${requests} requests, ${retries} of them again; ${lost} given up with ${lostEvents} events`,
    '',
  ].join('\n')
}

function wholeNumber(flag: string, text: string | undefined, fallback: number, least = 1): number {
  if (text === undefined) return fallback
  const number = Number(text)
  if (/^\d{1,9}$/.test(text) && number >= least) return number
  throw new Fault('flag-invalid', `${flag} takes a whole number from ${least}, not '${text}'`)
}
