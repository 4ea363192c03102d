import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { binary, startAgent } from '../tools/agent.ts'
import { whyNotLive } from './stage.ts'

// The program copied alone into an empty, read-only root: glibc and /proc are all that it needs.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests in an empty root are skipped: ${reason}`)

describe.skipIf(reason !== undefined)('in an empty root', () => {
  const root = mkdtempSync(join(tmpdir(), 'eyas-root-'))
  let before: string[] = []

  beforeAll(() => {
    for (const folder of ['proc', 'sys']) mkdirSync(join(root, folder))
    copyFileSync(binary, join(root, 'eyas'))
    for (const library of librariesOf(binary)) {
      mkdirSync(join(root, dirname(library)), { recursive: true })
      cpSync(library, join(root, library), { dereference: true })
    }
    before = filesIn(root)
  })
  afterAll(() => rmSync(root, { recursive: true }))

  test('it needs nothing but glibc', () => {
    const names = librariesOf(binary).map((path) => path.slice(path.lastIndexOf('/') + 1).replace(/[-.].*/, ''))
    expect(new Set(names)).toEqual(new Set(['ld', 'libc', 'libm', 'libdl', 'libpthread']))
  })

  test('it validates rules, with /proc alone', () => {
    const { stdout, stderr, exitCode } = Bun.spawnSync([...enter(root, ['proc']), binary, '-V', 'builtin:falco_rules.yaml'])
    expect(stderr.toString()).toBe('')
    expect(stdout.toString()).toBe('builtin:falco_rules.yaml: Ok\n')
    expect(exitCode).toBe(0)
  })

  test('it says what is missing without /sys, where it may not look behind it', () => {
    const weak = ['setpriv', '--bounding-set', '-sys_admin']
    const { stderr, exitCode } = Bun.spawnSync([...enter(root, ['proc'], weak), binary, '-o', 'log_stderr=false'])
    expect(stderr.toString()).toMatch(
      /^Error: the kernel \S+ gives no type information: \/sys\/kernel\/btf\/vmlinux is missing\n {2}mount \/sys /,
    )
    expect(exitCode).toBe(1)
  })

  test.each([[['proc']], [['proc', 'sys']]])('with %j it catches what happens outside, and leaves no file', async (mounted) => {
    const temporary = ownFilesIn(tmpdir())
    const agent = await startAgent(['-o', 'json_output=true'], {}, enter(root, mounted))
    Bun.spawnSync(['cat', '/etc/shadow'])
    const alert = await agent.alert(
      (line) => line.includes('"fd.name":"/etc/shadow"') && line.includes('"proc.cmdline":"cat /etc/shadow"'),
      10_000,
    )
    expect(JSON.parse(alert ?? '{}').rule).toBe('Read sensitive file untrusted')
    expect(await agent.stop()).toBe(0)
    expect(filesIn(root)).toEqual(before)
    expect(ownFilesIn(tmpdir())).toEqual(temporary)
  })
})

/** Runs what follows, of whose first word only the name counts, in a read-only `root` with these file systems. */
function enter(root: string, filesystems: readonly string[], wrapper: readonly string[] = []): string[] {
  const mounts = filesystems.map((name) => `mount -t ${name === 'sys' ? 'sysfs' : name} none '${root}/${name}'`)
  const script = [`mount --bind '${root}' '${root}'`, ...mounts, `mount -o remount,bind,ro '${root}'`, 'shift']
  return [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `${script.join(' && ')} && exec ${wrapper.join(' ')} "$(command -v env)" -i "$(command -v chroot)" '${root}' /eyas "$@"`,
    'sh',
  ]
}

function librariesOf(program: string): string[] {
  return [...Bun.spawnSync(['ldd', program]).stdout.toString().matchAll(/\/\S+/g)].map(([path]) => path)
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

// Other programs come and go there, too; what Bun or we would unpack is a library or has a name of ours.
function ownFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.so|\.node|bun|capture/i.test(name))
    .sort()
}
