import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { callsWithFiller, generate } from './generate.ts'

// Builds dist/libcapture.so: tables from src/schema -> headers in ffi/gen -> BPF objects -> one shared library that
// holds them, libbpf, libelf and zlib, and asks the host for nothing but an old glibc.

export interface BuildOptions {
  /** For CPUs without AVX2: the library never uses it, so that this changes nothing. */
  readonly baseline?: boolean
  readonly verbose?: boolean
}

type Arch = 'x86' | 'arm64'

const here = import.meta.dir
const dist = join(here, '..', 'dist')
const objects = join(dist, 'capture')
const library = join(dist, 'libcapture.so')
const key = join(objects, 'key')

/** Builds the library unless it is there and made from the same inputs; says whether it did. */
export function buildCapture(options: BuildOptions = {}): boolean {
  generate(join(here, 'gen'))
  const now = inputsKey()
  if (existsSync(library) && existsSync(key) && readFileSync(key, 'utf8') === now) return false
  checkLibbpf()
  mkdirSync(objects, { recursive: true })
  const arch = process.arch === 'arm64' ? 'arm64' : 'x86'
  const log = options.verbose === true
  compileBpf(arch, log)
  compileLibrary(log)
  writeFileSync(key, now)
  return true
}

/** Compiles the programs for both architectures, and throws what the compiler says if one fails. */
export function checkCapture(options: BuildOptions = {}): void {
  generate(join(here, 'gen'))
  mkdirSync(objects, { recursive: true })
  compileBpf('x86', options.verbose === true)
  compileBpf('arm64', options.verbose === true)
}

/** Distributions of before 2022 have a libbpf that lacks what capture.c uses; hosts that only run the binary need none. */
function checkLibbpf(): void {
  const header = '/usr/include/bpf/libbpf_version.h'
  const major = existsSync(header) ? /LIBBPF_MAJOR_VERSION (\d+)/.exec(readFileSync(header, 'utf8'))?.[1] : undefined
  if (Number(major ?? 0) >= 1) return
  const found = major === undefined ? `there is no ${header}` : `this is ${major}`
  throw new Error(`building takes libbpf 1.0 or newer (libbpf-dev of Debian 12 or Ubuntu 24.04): ${found}`)
}

function inputsKey(): string {
  const hash = createHash('sha256')
  const names = readdirSync(here, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter((each) => /\.(c|h|ts|map)$/.test(each)).sort()) hash.update(name).update(readFileSync(join(here, name)))
  for (const tool of ['clang', 'ld']) hash.update(run([tool, '--version'], false))
  return hash.digest('hex')
}

/** Every system call whose row names an event of its own needs a filler: nothing else would store its parameters. */
function checkFillers(): void {
  const folder = join(here, 'bpf/fill')
  const text = [...readdirSync(folder).map((name) => join(folder, name)), join(here, 'fillers.c')]
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
  const names = [...text.matchAll(/^FILL(?:_IF)?\((\w+),|\bfill_call_(\w+)\(|\{ "(\w+)", "\w+" \}/gm)].map(([, a, b, c]) => a ?? b ?? c)
  const missing = callsWithFiller().filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Error(`ffi/bpf/fill has no FILL for: ${missing.join(', ')}`)
}

function compileBpf(arch: Arch, log: boolean): void {
  checkFillers()
  // Two objects: for kernels that give the current task as a typed pointer (5.11), and for older ones; see bpf/read.h.
  for (const typed of [true, false]) {
    const object = bpfObject(arch, typed)
    const define = typed ? ['-DEYAS_TYPED'] : []
    const includes = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
    const flags = ['-O2', '-g', '-Wall', '-Werror', '-Wno-missing-declarations', '-target', 'bpf', '-mcpu=v3', `-D__TARGET_ARCH_${arch}`]
    run(['clang', ...flags, ...define, `-I/usr/include/${includes}`, '-c', join(here, 'bpf/capture.bpf.c'), '-o', object], log)
    run(['llvm-objcopy', '-g', '--wildcard', '--strip-symbol', 'LBB*', object], log)
  }
}

function bpfObject(arch: Arch, typed: boolean): string {
  return join(objects, `${arch}${typed ? '' : '-old'}.bpf.o`)
}

// They define what compat.map points the rest at, and call the real thing themselves; or take the place of what is weak.
const standIns: readonly string[] = ['compat.c', 'btf.c', 'candidates.c']
const weak = 'bpf_core_add_cands'

function compileLibrary(log: boolean): void {
  const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x86'
  const programs = [`-DPROGRAMS="${bpfObject(arch, true)}"`, `-DPROGRAMS_OLD="${bpfObject(arch, false)}"`]
  const flags = ['-O2', '-g0', '-fPIC', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections']
  const sources = readdirSync(here).filter((name) => name.endsWith('.c'))
  const objectOf = (name: string) => join(objects, name.replace(/\.c$/, '.o'))
  for (const name of sources) run(['clang', ...flags, ...programs, '-c', join(here, name), '-o', objectOf(name)], log)
  const parts = sources.filter((name) => !standIns.includes(name)).map(objectOf)
  const whole = join(objects, 'whole.o')
  const libraries = ['libbpf.a', 'libelf.a', 'libz.a'].map((name) => run(['clang', `-print-file-name=${name}`], log).trim())
  // One object first, so that names which newer glibcs gave new versions can be pointed at those of compat.c.
  run(['ld', '-r', '-o', whole, '--gc-sections', ...entryPoints(), ...parts, ...libraries], log)
  run(['objcopy', `--redefine-syms=${join(here, 'compat.map')}`, `--weaken-symbol=${weak}`, whole], log)
  const script = `-Wl,--version-script=${join(here, 'capture.map')}`
  run(
    [
      'clang',
      '-shared',
      '-o',
      library,
      whole,
      ...standIns.map(objectOf),
      script,
      '-Wl,--gc-sections',
      '-Wl,-z,now',
      '-Wl,--strip-all',
      '-Wl,--no-undefined',
    ],
    log,
  )
}

/** The functions of capture.h: all that is kept. */
function entryPoints(): string[] {
  const header = readFileSync(join(here, 'capture.h'), 'utf8')
  return [...header.matchAll(/^\w+ (capture_\w+)\(/gm)].map((match) => `--undefined=${match[1]}`)
}

function run(command: readonly string[], log: boolean): string {
  if (log) console.log(command.join(' '))
  const done = Bun.spawnSync([...command], { stdout: 'pipe', stderr: 'pipe' })
  if (done.exitCode === 0) return done.stdout.toString()
  throw new Error(`${command[0]} failed\n${command.join(' ')}\n${done.stderr.toString()}`)
}
