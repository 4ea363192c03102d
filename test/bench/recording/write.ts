// bun test/bench/recording/write.ts MIX FILE [COUNT [SEED]]: writes a recording; with .gz at its end, the file is compressed.
import { createReadStream, createWriteStream, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { events } from '../../../src/schema/event.ts'
import { type MixName, mixes, writeRecording } from './mixes.ts'

const [mix = '', file = '', count = '2000000', seed = '1'] = process.argv.slice(2)
if (!(mix in mixes) || file === '') throw new Error(`usage: write.ts ${Object.keys(mixes).join('|')} FILE [COUNT [SEED]]`)

const isGzip = file.endsWith('.gz')
const plain = isGzip ? file.slice(0, -3) : file
const written = writeRecording(plain, mix as MixName, Number(count), Number(seed))
if (isGzip) {
  await pipeline(createReadStream(plain), createGzip(), createWriteStream(file))
  rmSync(plain)
}
for (const [code, made] of [...written.counts.entries()].sort((a, b) => b[1] - a[1]))
  if (made > 0) console.log(`${events[code]?.name.padEnd(12)} ${((made / written.count) * 100).toFixed(2).padStart(6)} %`)
console.log(`${written.count} events`)
