import { expect, test } from 'bun:test'
import { syntheticCapture } from '../../src/capture/synthetic.ts'
import { type LineOptions, LinePrinter } from '../../src/inspect/line.ts'
import { codeOf, kindName } from '../../src/schema/event.ts'
import { drain } from '../capture/read_all.ts'

const chdir = { code: codeOf('SYSCALL_CHDIR_X'), params: [0, '/'] }
const close = { code: codeOf('SYSCALL_CLOSE_X'), params: [0, 3] }
const procinfo = { code: codeOf('PROCINFO_E'), params: [1, 1] }

async function print(options: Partial<LineOptions>): Promise<{ lines: string[]; printer: LinePrinter }> {
  const lines: string[] = []
  const printer = new LinePrinter({
    format: (event) => (event.type === close.code ? undefined : `${event.num} ${kindName(event.kind)}`),
    write: (line) => lines.push(line),
    ...options,
  })
  await drain(syntheticCapture([chdir, procinfo, close, chdir, chdir], 2), (event) => printer.process(event))
  return { lines, printer }
}

test.each<[name: string, options: Partial<LineOptions>, lines: string[], count: number, isDone: boolean]>([
  ['all but internal events and those without a line', {}, ['1 chdir', '4 chdir', '5 chdir'], 4, false],
  ['those that the filter lets pass', { filter: (event) => event.num > 1 }, ['4 chdir', '5 chdir'], 3, false],
  ['up to the limit, with those that have no line', { limit: 3 }, ['1 chdir', '4 chdir'], 3, true],
  ['none', { limit: 0 }, [], 0, true],
])('prints %s', async (_, options, lines, count, isDone) => {
  const printed = await print(options)
  expect(printed.lines).toEqual(lines)
  expect(printed.printer.count).toBe(count)
  expect(printed.printer.isDone).toBe(isDone)
})
