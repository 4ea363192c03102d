import { afterAll, describe, expect, test } from 'bun:test'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Progress } from '../../src/commands/shared/progress.ts'
import { codeOf } from '../../src/schema/event.ts'
import { scratch } from '../capture/scap_writer.ts'
import { binary, root } from '../tools/agent.ts'
import { recording } from '../tools/recording.ts'

test('says how far it is, how many events there were, and how many come a second', () => {
  let part: number | undefined = 0.4567
  let count = 1_234_567
  const progress = new Progress(
    () => part,
    () => count,
    1000,
  )
  expect(progress.end()).toBe('')
  expect(progress.line(2000)).toBe('45.6 %, 1,234,567 events, 1.2 M events/s\x1b[K\r')
  count += 500
  part = 1
  expect(progress.line(3000)).toBe('100.0 %, 1,235,067 events, 500 events/s\x1b[K\r')
  part = undefined
  count += 4500
  expect(progress.line(4000)).toBe('1,239,567 events, 4.5 k events/s\x1b[K\r')
  expect(progress.end()).toBe('\x1b[K')
})

const script = Bun.which('script')
const reason = script === null ? ' (needs script, of util-linux)' : ''

describe.skipIf(script === null)(`on a terminal${reason}`, () => {
  const dir = scratch()
  afterAll(() => dir.clean())
  const onTerminal = (command: string, TERM = 'xterm') =>
    Bun.spawn(['script', '-qefc', command, '/dev/null'], { stdin: 'ignore', stdout: 'pipe', env: { PATH: process.env.PATH ?? '', TERM } })

  test('it is shown while events may come, and gone in the end', async () => {
    const fifo = dir.file('fifo', Buffer.alloc(0))
    rmSync(fifo)
    Bun.spawnSync(['mkfifo', fifo])
    const event = { code: codeOf('SYSCALL_CHDIR_X'), tid: 7, params: [0, '/'] }
    const child = onTerminal(`${binary} inspect ${fifo} > /dev/null`)
    const pipe = openSync(fifo, 'w')
    writeSync(pipe, recording({ events: Array.from({ length: 10 }, () => event) }))
    let shown = ''
    let isOpen = true
    for await (const chunk of child.stdout) {
      shown += Buffer.from(chunk).toString()
      if (isOpen && shown.includes('events/s')) {
        closeSync(pipe)
        isOpen = false
      }
    }
    expect(shown).toMatch(/^(10 events, \d+ events\/s\x1b\[K\r)+\x1b\[K$/)
    expect(await child.exited).toBe(0)
  })

  const probe = `import { canRedraw } from '${join(root, 'src/base/terminal.ts')}'; console.log(String(canRedraw(2)))`
  const probeFile = dir.file('probe.ts', Buffer.from(probe))

  test.each([
    ['xterm', '', 'true'],
    ['dumb', '', 'false'],
    ['xterm', '2> /dev/null', 'false'],
  ])('TERM=%s and standard error %p: %s', async (term, redirection, answer) => {
    const child = onTerminal(`${process.execPath} ${probeFile} ${redirection}`, term)
    expect((await new Response(child.stdout).text()).trim()).toBe(answer)
  })
})
