// Runs a program with its output thrown away, and prints what came of it as JSON. A process of its own, since what a program is said to
// have taken at most is never less than what its parent took when it started it.

const [program, ...args] = process.argv.slice(2)
// Who hangs without doing anything is killed.
const timeout = 60_000
const options = { stdout: 'ignore', stderr: 'pipe', timeout } as const
const { exitCode, signalCode, stderr, resourceUsage } = Bun.spawnSync([program ?? '', ...args], options)
const cpuMs = Number(resourceUsage?.cpuTime.total ?? 0) / 1000
console.log(JSON.stringify({ exitCode: exitCode ?? signalCode, said: stderr.toString(), cpuMs, bytes: resourceUsage?.maxRSS ?? 0 }))

export {}
