import { afterAll, expect, test } from 'bun:test'
import { scratch } from '../capture/scap_writer.ts'
import { binary } from '../tools/agent.ts'
import { call, recording } from '../tools/recording.ts'

const dir = scratch()
afterAll(() => dir.clean())

// 60 MB of alerts, of which a queue holds 16: a recording can wait for its reader, so that none is dropped.
test('of a recording no alert is lost, however slowly they are read', async () => {
  const count = 6000
  const events = Array.from({ length: count }, (_, i) => call(7, 'SYSCALL_CLOSE', [i], [0])).flat()
  const file = dir.file('a.scap', recording({ threads: [{ tid: 7, comm: 'cat', args: ['x'.repeat(4000)] }], events }))
  const condition = 'evt.type=close and evt.arg.res=0'
  const output = `n=%evt.num ${'%proc.cmdline '.repeat(2)}`
  const rules = dir.file('r.yaml', Buffer.from(JSON.stringify([{ rule: 'r', desc: 'd', condition, output, priority: 'INFO' }])))
  const options = ['engine.kind=replay', `engine.replay.capture_file=${file}`, 'json_output=true'].flatMap((option) => ['-o', option])
  const agent = Bun.spawn([binary, '-r', rules, ...options], { stdout: 'pipe', stderr: 'ignore' })
  const numbers: number[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of agent.stdout) {
    const lines = (text + decoder.decode(piece, { stream: true })).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('{')) numbers.push(Number(/"output":"[^"]*?n=(\d+) /.exec(line)?.[1]))
    // Now and then it pauses for longer than a turn of the pump.
    if (numbers.length % 7 === 0) await Bun.sleep(1)
  }
  expect(await agent.exited).toBe(0)
  expect(numbers).toHaveLength(count)
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  expect(new Set(numbers).size).toBe(count)
}, 60_000)
