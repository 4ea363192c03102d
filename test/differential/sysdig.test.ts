import { afterAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { scratch } from '../capture/scap_writer.ts'
import { address, call, connectionFd, fileFd, l4, listeningFd, namedFd, recording, unixFd } from '../tools/recording.ts'
import { life } from './life.ts'
import { compareWithSysdig, same } from './sysdig.ts'

const hasSysdig = Bun.which('sysdig') !== null
const reason = hasSysdig ? '' : ' (needs sysdig)'
// More recordings to compare: those of a folder, where the environment names one.
const folder = process.env.EYAS_CAPTURES
const captures = folder === undefined ? [] : readdirSync(folder).filter((name) => /\.scap(\.gz)?$/.test(name))

const dir = scratch()
afterAll(() => dir.clean())

describe.skipIf(!hasSysdig)(`as sysdig reads it${reason}`, () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('what processes do, %d', async (seed) => {
    const found = await compareWithSysdig(dir.file(`life-${seed}`, recording(life(seed))))
    expect(found?.unexplained).toEqual([])
    expect(found?.counts.get(same)).toBeGreaterThan(150)
  })

  test('all that lists of descriptors tell', async () => {
    const local = address('10.0.0.5:22')
    const remote = address('5.6.7.8:1234')
    const fds = [
      fileFd(7, 0, '/etc/hosts'),
      namedFd(7, 1, 2, '/srv/www'),
      namedFd(7, 2, 7, 'pipe:[12]'),
      namedFd(7, 3, 9, '[eventfd]'),
      unixFd(7, 4, '/run/systemd/notify\n'),
      connectionFd(7, 5, local, remote, l4.tcp),
      connectionFd(7, 6, address('10.0.0.5:40000'), remote, l4.udp),
      connectionFd(7, 7, address('127.0.0.1:22'), address('127.0.0.1:555'), l4.tcp),
      listeningFd(7, 8, local, l4.tcp),
      listeningFd(7, 9, address(`${'00'.repeat(16)}:53`), l4.udp),
    ]
    const events = fds.flatMap(({ num }) => call(7, 'SYSCALL_READ', [num, 1], [0, '']))
    const bytes = recording({ threads: [{ tid: 7, comm: 'x' }], fds, addresses: ['10.0.0.5'], events })
    const found = await compareWithSysdig(dir.file('lists', bytes))
    expect(found?.unexplained).toEqual([])
    expect(found?.counts.get(same)).toBe(fds.length)
  })

  test.each(captures)('%s of the folder in EYAS_CAPTURES', async (name) => {
    expect((await compareWithSysdig(join(folder ?? '', name)))?.unexplained ?? []).toEqual([])
  })
})
