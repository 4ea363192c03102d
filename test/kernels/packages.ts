import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Lists } from './apt.ts'
import type { Entry } from './cpio.ts'

/** A kernel of Debian, unpacked. */
export interface Kernel {
  readonly release: string
  readonly image: string
}

/** Runs a program; throws with its words where it fails. */
export function run(argv: readonly string[], cwd?: string): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { ...(cwd && { cwd }), env: { ...process.env, LC_ALL: 'C' } })
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} failed:\n${stdout.toString()}${stderr.toString()}`)
  return stdout.toString()
}

/** Orders names by the numbers in them. */
export function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** Downloads a package, unless that was done, and unpacks it; the directory. */
export function unpacked(name: string, cache: string, lists: Lists): string {
  const dir = join(cache, name)
  if (existsSync(dir)) return dir
  const debs = join(cache, 'debs')
  mkdirSync(debs, { recursive: true })
  run(['dpkg-deb', '-x', lists.download(name, debs), `${dir}.new`])
  run(['mv', `${dir}.new`, dir])
  return dir
}

/** The kernel of an unpacked package: below /boot, or, since 7.2, among its modules. */
export function kernelIn(dir: string): Kernel {
  const [path] = ['boot/vmlinuz-*', 'usr/lib/modules/*/vmlinuz'].flatMap((each) => [...new Bun.Glob(each).scanSync({ cwd: dir })])
  if (path === undefined) throw new Error(`there is no kernel in ${dir}`)
  const release = path.startsWith('boot/') ? path.slice('boot/vmlinuz-'.length) : path.split('/').at(-2)
  return { release: release ?? '', image: join(dir, path) }
}

const left = /^\/usr\/share\/(doc|man|info|locale|lintian|bash-completion|menu|applications|pixmaps)\b|^\/etc\/(init\.d|cron)/

/** The files of packages that are installed here, and the libraries that their programs need. */
export function installedFiles(packages: readonly string[]): readonly Entry[] {
  const paths = packages.flatMap((name) => run(['dpkg', '-L', name]).split('\n'))
  const files = paths.filter(
    (path) => path.startsWith('/') && path !== '/.' && !left.test(path) && lstatSync(path, { throwIfNoEntry: false }),
  )
  const own = [...new Set(files.map(canonical))]
  return [...own, ...librariesOf(own)].map((path) => ({ path: path.slice(1), from: path }))
}

/** All files below a directory of this machine, to stand at `to`. */
export function tree(from: string, to: string, isLeft: (path: string) => boolean = () => false): readonly Entry[] {
  return readdirSync(from, { withFileTypes: true }).flatMap((entry) => {
    const path = join(from, entry.name)
    if (isLeft(path)) return []
    const own = { path: join(to, entry.name), from: path }
    return entry.isDirectory() ? [own, ...tree(path, own.path, isLeft)] : [own]
  })
}

// /bin is a link to /usr/bin: each file once, where it really is.
function canonical(path: string): string {
  return join(realpathSync(dirname(path)), basename(path))
}

/** The libraries that programs need, and what their links lead to. */
export function librariesOf(paths: readonly string[]): readonly string[] {
  const programs = paths.filter((path) => {
    const info = lstatSync(path, { throwIfNoEntry: false })
    return info?.isFile() && (info.mode & 0o111) !== 0
  })
  const libraries = new Set<string>()
  // All at once: what is no program only adds a line that does not fit.
  const { stdout } = Bun.spawnSync(['ldd', ...programs])
  for (const [, path = ''] of stdout.toString().matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)) {
    libraries.add(canonical(path))
    libraries.add(realpathSync(path))
  }
  return [...libraries]
}

/** The kernel itself, out of the image that boot loaders take, which starts sooner; the image where that cannot be. */
export function extracted({ image, release }: Kernel, cache: string): string {
  const to = join(cache, `vmlinux-${release}`)
  if (existsSync(to)) return to
  const bytes = readFileSync(image) as Buffer<ArrayBuffer>
  // The boot protocol of x86 (Documentation/arch/x86/boot.rst): setup_sects, payload_offset, payload_length.
  const start = ((bytes[0x1f1] ?? 0) + 1) * 512 + bytes.readUInt32LE(0x248)
  const payload = bytes.subarray(start, start + bytes.readUInt32LE(0x24c))
  const kernel = decompressed(payload)
  if (kernel === undefined) return image
  writeFileSync(to, kernel)
  return to
}

function decompressed(payload: Buffer<ArrayBuffer>): Uint8Array | undefined {
  if (payload.readUInt32BE(0) === 0xfd377a58) {
    // The size of what is inside follows the stream.
    const { exitCode, stdout, stderr } = Bun.spawnSync(['xz', '-dc', '--single-stream'], { stdin: payload })
    if (exitCode !== 0) throw new Error(`xz failed: ${stderr.toString()}`)
    return stdout
  }
  if (payload.readUInt32BE(0) === 0x28b52ffd) return Bun.zstdDecompressSync(payload.subarray(0, payload.length - 4))
  if (payload.readUInt16BE(0) === 0x1f8b) return Bun.gunzipSync(payload.subarray(0, payload.length - 4))
  return undefined
}
