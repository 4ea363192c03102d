// Runs a program with its output thrown away, and prints what came of it as JSON. A process of its own, since what a program is said to
// have taken at most is never less than what its parent took when it started it.

const [program, ...args] = process.argv.slice(2)
const start = performance.now()
const { exitCode, signalCode, stderr, resourceUsage } = Bun.spawnSync([program ?? '', ...args], { stdout: 'ignore', stderr: 'pipe' })
const said = stderr.toString()
console.log(JSON.stringify({ exitCode: exitCode ?? signalCode, said, ms: performance.now() - start, bytes: resourceUsage?.maxRSS ?? 0 }))

export {}
