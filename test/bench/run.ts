// npm run bench [-- NAME ...]: the benchmarks of this folder, one process each, so that none warms up another. `soak`, which takes ten
// minutes, is run when it is named.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dir
const wanted = process.argv.slice(2)
const names = readdirSync(here)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.replace('.bench.ts', ''))
const needsRoot = ['live', 'load', 'soak']
const isAsked = (name: string) => (wanted.length === 0 ? name !== 'soak' : wanted.includes(name))
const isRoot = process.getuid?.() === 0

let failed = 0
for (const name of [...names, ...needsRoot]) {
  if (!isAsked(name)) continue
  if (needsRoot.includes(name) && !isRoot) {
    console.log(`${name}: skipped, it captures live system calls and needs root`)
    continue
  }
  const file = join(here, needsRoot.includes(name) ? `${name}.ts` : `${name}.bench.ts`)
  const done = Bun.spawnSync([process.execPath, file], { stdout: 'inherit', stderr: 'inherit' })
  if (done.exitCode !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
