import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { compileC } from '../tools/agent.ts'
import { record, whyNotCapture } from './recorder.ts'

// What is recorded of a path or an address is what the kernel acted on, though another thread (of race.c) changes it meanwhile.

const reason = whyNotCapture()
const times = 1000
const opens = ['open', 'openat', 'openat2', 'creat']

describe.skipIf(reason !== undefined)('a name that changes while the call runs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-race-'))
  const racer = join(dir, 'race')
  const run = async (calls: readonly string[], args: readonly (string | number)[]) =>
    (await record(calls, [racer, ...args.map(String)], dir)).lines.filter((line) => !line.includes('clone'))

  beforeAll(() => {
    compileC(join(import.meta.dir, 'race.c'), racer, ['-static', '-pthread'])
    for (const name of ['a', 'b', 'real']) mkdirSync(join(dir, name))
    for (const name of ['a', 'b']) writeFileSync(join(dir, name, 'file'), name)
    symlinkSync('a', join(dir, 'link-a'))
    symlinkSync('b', join(dir, 'link-b'))
    Bun.spawnSync(['mkfifo', join(dir, 'pipe')])
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test.each([
    ['an absolute name', `${dir}/a/file`, dir.length + 1],
    ['a relative name', 'a/file', 0],
    ['a name with dots', './b/../a/file', 7],
    ['a name by way of a link', `${dir}/link-a/file`, dir.length + 6],
  ])('names the file that was opened: %s', async (_, name, flips) => {
    const lines = await run(opens, ['files', name, flips, times])
    const inodes = new Map(['a', 'b'].map((each) => [String(statSync(join(dir, each, 'file')).ino), each]))
    const told = lines.flatMap((line) => {
      const [, path = '', ino = ''] = /(?:name|pathname)=(\S+) .*ino=(\d+)/.exec(line) ?? []
      return inodes.has(ino) ? [{ path, truth: inodes.get(ino) }] : []
    })
    expect(told.length).toBeGreaterThanOrEqual(times)
    expect(new Set(told.map(({ truth }) => truth)).size).toBe(2)
    expect(told.filter(({ path, truth }) => !path.endsWith(`${truth}/file`))).toEqual([])
  })

  test('names the file of a call that was blocked, and soon knows which name it began with', async () => {
    const again = Array(10).fill(['blocked', 'pipe', '/etc/passwd']).flat()
    const lines = await run(['openat'], ['blocked', `${dir}/pipe`, '/etc/shadow', ...again, 'interrupted', 'pipe', '/etc/group'])
    const told = lines.filter((line) => line.includes('flags=O_RDONLY ')).map((line) => line.split(' '))
    expect(told.map(([, , , name]) => name?.replace(`${dir}/`, ''))).toEqual(Array(12).fill('name=pipe'))
    expect(told.at(-2)?.[3]).toBe('name=pipe')
    expect(told.at(-1)?.[1]).toBe('fd=-512')
  })

  test('keeps the names of those who change nothing', async () => {
    mkdirSync(join(dir, 'real', 'dir'))
    writeFileSync(join(dir, 'real', 'file'), '')
    symlinkSync('/file', join(dir, 'real', 'dir', 'link'))
    symlinkSync('file', join(dir, 'a', 'twin'))
    // Called like what they lead to.
    mkdirSync(join(dir, 'same'))
    symlinkSync('../b/file', join(dir, 'same', 'file'))
    symlinkSync(join(dir, 'real'), join(dir, 'same', 'real'))
    const same = [`${dir}/same/file`, 'same/file', 'same/real/dir', `${dir}/same/real/file`, '=../same/real/dir/../file']
    symlinkSync('/proc/mounts', join(dir, 'mounts'))
    symlinkSync(relative(dir, '/proc/self/mounts'), join(dir, 'mtab'))
    // Links are read on the host's root alone.
    const isOnRoot = statSync(dir).dev === statSync('/').dev
    const own = ['/proc/self', '/proc/mounts', '/proc/net/dev', ...(isOnRoot ? ['mounts', `${dir}/mtab`, './mtab', '=../mtab'] : [])]
    const links = ['link-a/file', `${dir}/link-a/file`, `${dir}/a/twin`, '=../link-b/file', './link-a/twin', ...same, ...own]
    const dots = ['.', '..', './a/../b/file', '../../../../../../../../../../etc/passwd', 'a//file', `${dir}/./a/file`, '=./file', 'a/']
    const system = [
      '/',
      '/etc/passwd',
      '/proc/self/status',
      '/proc/self/fd',
      '/proc/thread-self/comm',
      '/dev/stdin',
      '/proc/self/fd/0',
      '/proc/self/cwd',
      ...sysLinks(),
    ]
    const names = [...links, ...dots, ...system]
    const lines = await run(['openat'], ['honest', ...names])
    const told = lines.slice(1).map((line) => line.replace(/ flags.*/, '').split(' '))
    expect(told.map(([, , dirfd, name]) => `${dirfd === 'dirfd=-100' ? '' : '='}${name?.slice(5)}`)).toEqual([...names, '/dir/link'])
    expect(told.filter(([, fd]) => fd?.includes('-'))).toEqual([])
  })

  test('tells where a connection goes', async () => {
    const lines = await run(['connect', 'kill'], ['connections', 2000])
    const wrong: string[] = []
    let last = ''
    for (const line of lines) {
      const truth = /^kill .*pid=99999900(\d)/.exec(line)?.[1]
      if (truth === undefined) last = line
      else if (!new RegExp(`->127.0.0.${truth}:\\d+ fd=\\d+ addr=127.0.0.${truth}:`).test(last)) wrong.push(`${truth}: ${last}`)
    }
    expect(lines.length).toBeGreaterThan(1000)
    expect(wrong).toEqual([])
  })

  test('tells where a connection to a path goes', async () => {
    // The thread that takes the connection may end before the call does.
    const [, second] = (await run(['connect'], ['unix'])).filter((line) => line.startsWith('connect'))
    expect(second).toMatch(new RegExp(`^connect res=0 tuple=\\S+,${dir}/here fd=\\d addr=${dir}/here$`))
  })
})

// Links of sysfs, which keeps nothing in the kernel's caches.
function sysLinks(): string[] {
  return ['/sys/class/net/lo/mtu', '/sys/class/tty/tty0/dev', '/sys/bus/cpu/devices/cpu0/uevent'].filter((path) => existsSync(path))
}
