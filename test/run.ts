// `npm test`: runs the tests and ends with one plain line of counts, easier to read by machine than Bun's own summary.

const child = Bun.spawn([process.execPath, 'test', '--timeout', '60000', ...process.argv.slice(2)], {
  stdin: 'ignore',
  stdout: 'inherit',
  stderr: 'pipe',
})
let tail = ''
const decoder = new TextDecoder()
for await (const chunk of child.stderr) {
  process.stderr.write(chunk)
  tail = (tail + decoder.decode(chunk, { stream: true })).slice(-16_384)
}
const exitCode = await child.exited
const passed = count('pass')
const skipped = count('skip') + count('todo')
// A file that cannot be loaded is an error without a failed test, and a crash leaves no summary at all.
const failed = Math.max(count('fail') + count('error') + count('errors'), exitCode === 0 ? 0 : 1)
await Bun.write(Bun.stdout, `${passed} passed, ${failed} failed, ${skipped} skipped\n`)
process.exit(failed === 0 ? 0 : 1)

function count(word: string): number {
  const plain = tail.replace(/\x1b\[[0-9;]*m/g, '')
  return Number([...plain.matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))].at(-1)?.[1] ?? 0)
}

export {}
