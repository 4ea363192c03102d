import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileC, root, startAgent } from '../tools/agent.ts'
import { whyNotLive } from './stage.ts'

// The program under load with the built-in rules: EYAS_TEST_SOAK=60 is a minute of it instead of a few seconds.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`the soak is skipped: ${reason}`)
const seconds = Number(process.env.EYAS_TEST_SOAK ?? 4)
// Under load the collector of JavaScript takes its time on a machine with other work to do: some 145 MB were seen.
const mostMb = 200

describe.skipIf(reason !== undefined)('under a mixed load', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-soak-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  test(
    'every event is counted, every line is JSON, and memory does not grow',
    async () => {
      compileC(join(root, 'test/bench/load/load.c'), join(dir, 'load'))
      const agent = await startAgent(['-o', 'json_output=true'])
      const load = Bun.spawn([join(dir, 'load'), 'mix', String(seconds), '2', '0'], { stdout: 'pipe' })
      const rss: number[] = []
      const planted: Promise<unknown>[] = []
      const watching = setInterval(() => {
        rss.push(agent.rssMb())
        planted.push(Bun.spawn(['cat', '/etc/shadow'], { stdout: 'ignore' }).exited)
      }, 250)
      const done = JSON.parse(await new Response(load.stdout).text())
      clearInterval(watching)
      await Promise.all(planted)
      expect(await agent.stop()).toBe(0)

      const summary = agent.alerts.indexOf(agent.alerts.find((line) => line.startsWith('Events detected: ')) ?? '')
      const alerts = agent.alerts.slice(0, summary).map((line) => JSON.parse(line))
      expect(agent.alerts[summary]).toBe(`Events detected: ${alerts.length}`)
      const caught = alerts.filter(({ output_fields }) => output_fields['proc.cmdline'] === 'cat /etc/shadow')
      const { total, opens, sum } = countsIn(agent.log)
      if (total.dropped === 0) expect(caught.length).toBeGreaterThanOrEqual(planted.length)
      expect(total.captured + total.dropped).toBe(total.seen)
      expect(sum).toBe(total.seen)
      expect(opens).toBeGreaterThanOrEqual(done.opens)

      console.log(`${total.seen} events in ${seconds} s, ${total.dropped} dropped, RSS ${rss.map(Math.round).join(' ')} MB`)
      expect(Math.max(...rss)).toBeLessThan(mostMb)
      const third = Math.ceil(rss.length / 3)
      expect(Math.max(...rss.slice(-third)) - Math.max(...rss.slice(0, -third))).toBeLessThan(20)
    },
    seconds * 1000 + 30_000,
  )
})

/** What the summary says of all events, of opens, and the sum over its rows. */
function countsIn(log: readonly string[]) {
  const number = (text = '0') => Number(text.replaceAll(',', ''))
  const rows = log.flatMap((line) => {
    const [, name, captured, dropped] = /^ {3}(\w+) +([\d,]+) captured, ([\d,]+) dropped$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, seen: number(captured) + number(dropped) }]
  })
  const [, seen, captured, dropped] = /Events: ([\d,]+) seen, ([\d,]+) captured, ([\d,]+) dropped/.exec(log.join('\n')) ?? []
  return {
    total: { seen: number(seen), captured: number(captured), dropped: number(dropped) },
    opens: rows.find(({ name }) => name === 'openat')?.seen ?? 0,
    sum: rows.reduce((all, row) => all + row.seen, 0),
  }
}
