import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildCapture, checkCapture } from './ffi/build.ts'
import { generate } from './ffi/generate.ts'

// Builds dist/eyas: C from the schema's tables, the capture library, then one executable with everything in it.
// Each step is done again only where what it is made from has changed.

const root = import.meta.dir
const bunVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.bun as string
const flags = new Set(process.argv.slice(2))
const unknown = [...flags].find((flag) => !['--baseline', '--quiet', '--generate', '--check'].includes(flag))
if (unknown !== undefined) fail(`unknown option ${unknown}; there are --baseline, --quiet, --generate and --check`)

process.chdir(root)
mkdirSync('dist', { recursive: true })
const started = performance.now()
if (flags.has('--generate')) generate('ffi/gen')
else if (flags.has('--check')) orFail(checkCapture)
else {
  orFail(buildCapture)
  const isNew = bundle(flags.has('--baseline'))
  say(isNew ? `dist/eyas in ${((performance.now() - started) / 1000).toFixed(1)} s` : 'dist/eyas is up to date')
}

function orFail(step: () => unknown): void {
  try {
    step()
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

function bundle(isBaseline: boolean): boolean {
  const stamp = `${hashOf(['src', 'rules', 'packaging', 'build.ts', 'package.json', 'package-lock.json', 'dist/libcapture.so'])} ${isBaseline ? 'baseline' : 'native'}`
  if (existsSync('dist/eyas') && existsSync('dist/.eyas.stamp') && readFileSync('dist/.eyas.stamp', 'utf8') === stamp) return false
  const base = isBaseline ? ['--compile-executable-path', baselineBun()] : []
  run([
    process.execPath,
    'build',
    '--compile',
    '--bytecode',
    '--minify-syntax',
    '--minify-whitespace',
    // A start runs nearly everything a few times: optimizing that took a third of its time. `base/jit.ts` ends it.
    '--compile-jit-policy',
    '10',
    // It runs as root, anywhere: files of the working directory must not change it.
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    ...base,
    '--outfile',
    'dist/eyas',
    'src/main.ts',
  ])
  writeFileSync('dist/.eyas.stamp', stamp)
  return true
}

function hashOf(paths: readonly string[]): string {
  const hasher = new Bun.CryptoHasher('sha256')
  for (const path of paths.flatMap(filesIn)) hasher.update(`${path}\0`).update(readFileSync(path)).update('\0')
  return hasher.digest('hex')
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) return []
  try {
    return readdirSync(path)
      .sort()
      .flatMap((name) => filesIn(join(path, name)))
  } catch {
    return [path]
  }
}

// Bun for x86-64 without AVX2, of the same version; kept outside node_modules, which must equal the lock file.
function baselineBun(): string {
  if (process.arch !== 'x64') fail('--baseline is for x86-64 only')
  const bun = 'dist/baseline/node_modules/@oven/bun-linux-x64-baseline/bin/bun'
  if (existsSync(bun)) return bun
  say(`installing Bun ${bunVersion} for processors without AVX2`)
  mkdirSync('dist/baseline', { recursive: true })
  run(['npm', 'install', '--prefix', 'dist/baseline', '--no-save', '--no-audit', '--no-fund', `@oven/bun-linux-x64-baseline@${bunVersion}`])
  return bun
}

function run(command: readonly string[]): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { env: { ...process.env, BUN_OPTIONS: undefined } })
  if (exitCode !== 0) fail(`${command.slice(0, 3).join(' ')} failed:\n${stdout.toString()}${stderr.toString()}`)
}

function say(text: string): void {
  if (!flags.has('--quiet')) console.error(`eyas: ${text}`)
}

function fail(text: string): never {
  console.error(`eyas: ${text}`)
  process.exit(1)
}
