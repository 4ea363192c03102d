import { afterEach, describe, expect, test } from 'bun:test'
import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readAuditFiles } from '../../src/plugins/k8s_audit/files.ts'
import { AuditIntake } from '../../src/plugins/k8s_audit/intake.ts'
import { LogFollower } from '../../src/plugins/k8s_audit/log.ts'
import { auditEvent } from './audit_events.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'))
  folders.push(folder)
  return folder
}

const line = (auditID: string) => `${JSON.stringify(auditEvent({ auditID }))}\n`

/** Collects the ids of events, and tells when there are so many. */
function collector() {
  const ids: string[] = []
  const warnings: string[] = []
  let wake = () => {}
  const intake = new AuditIntake({
    duplicateWindow: 100,
    settle: async () => undefined,
    process: ({ audit }) => {
      ids.push(String(audit?.auditID))
      wake()
    },
  })
  const until = async (count: number) => {
    while (ids.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
    return ids
  }
  return { ids, warnings, intake, until }
}

function follow(path: string, startAt: 'beginning' | 'end', positionFile = '', onWarning = () => {}) {
  const collected = collector()
  const warn = (text: string) => {
    collected.warnings.push(text)
    onWarning()
  }
  const follower = new LogFollower({ path, intake: collected.intake, startAt, positionFile, report: () => undefined, warn })
  const done = follower.run()
  const close = () => {
    follower.close()
    return done
  }
  return { ...collected, close }
}

describe('following a log', () => {
  test('lines that come, once they are whole', async () => {
    const path = join(newFolder(), 'audit.log')
    writeFileSync(path, line('a'))
    const { ids, until, close } = follow(path, 'beginning')
    await until(1)
    appendFileSync(path, line('b').slice(0, 50))
    appendFileSync(path, line('b').slice(50) + line('c'))
    await until(3)
    await close()
    expect(ids).toEqual(['a', 'b', 'c'])
  })

  test('a file that is renamed and made anew', async () => {
    const path = join(newFolder(), 'audit.log')
    writeFileSync(path, line('a'))
    const { ids, until, close } = follow(path, 'beginning')
    await until(1)
    appendFileSync(path, line('b'))
    renameSync(path, path.replace('.log', '-1.log'))
    writeFileSync(path, line('c'))
    await until(3)
    await close()
    expect(ids).toEqual(['a', 'b', 'c'])
  })

  test('a file that is truncated, even where it grew beyond its old size since', async () => {
    const path = join(newFolder(), 'audit.log')
    writeFileSync(path, line('a'))
    const { ids, until, close } = follow(path, 'beginning')
    await until(1)
    truncateSync(path)
    appendFileSync(path, line('b') + line('c'))
    await until(3)
    await close()
    // What it was just reading may come first.
    expect(ids.toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('a file that comes later', async () => {
    const path = join(newFolder(), 'audit.log')
    const warned = Promise.withResolvers<void>()
    const { ids, warnings, until, close } = follow(path, 'end', '', warned.resolve)
    await warned.promise
    writeFileSync(path, line('a'))
    await until(1)
    await close()
    expect(ids).toEqual(['a'])
    expect(warnings.every((text) => text.includes('it does not exist'))).toBe(true)
  })

  test('a restart goes on where it stopped, also over rotations meanwhile', async () => {
    const folder = newFolder()
    const path = join(folder, 'audit.log')
    const position = join(folder, 'state', 'position.json')
    writeFileSync(path, line('a'))
    const first = follow(path, 'beginning', position)
    await first.until(1)
    await first.close()
    expect(existsSync(position)).toBe(true)

    appendFileSync(path, line('b'))
    const second = follow(path, 'beginning', position)
    await second.until(1)
    await second.close()

    appendFileSync(path, line('c'))
    renameSync(path, join(folder, 'audit-2026-11-21T10-00-00.log'))
    writeFileSync(path, line('d'))
    renameSync(path, join(folder, 'audit-2026-11-21T11-00-00.log'))
    writeFileSync(path, line('e'))
    const third = follow(path, 'end', position)
    await third.until(3)
    await third.close()
    expect([first.ids, second.ids, third.ids]).toEqual([['a'], ['b'], ['c', 'd', 'e']])
  })

  test('a log that was replaced, and whose old file is gone, is read from its beginning', async () => {
    const folder = newFolder()
    const path = join(folder, 'audit.log')
    const position = join(folder, 'position.json')
    writeFileSync(path, line('a'))
    const first = follow(path, 'beginning', position)
    await first.until(1)
    await first.close()
    rmSync(path)
    writeFileSync(path, line('x') + line('y'))
    const second = follow(path, 'end', position)
    await second.until(2)
    await second.close()
    expect(second.ids).toEqual(['x', 'y'])
    expect(second.warnings).toEqual([`${path} is another file than before, and the old one is gone: reading it from its beginning`])
  })
})

describe('whole files', () => {
  test('a directory, in order of names, with lines, documents and compressed ones', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'a.log'), line('1') + line('2'))
    writeFileSync(join(folder, 'b.json'), JSON.stringify([auditEvent({ auditID: '3' })], undefined, 2))
    writeFileSync(join(folder, 'c.log.gz'), gzipSync(line('4')))
    writeFileSync(join(folder, 'd.txt'), 'no events')
    const { ids, intake } = collector()
    const malformed: string[] = []
    await readAuditFiles(folder, intake, (path, receipt) => {
      if (receipt.malformed > 0) malformed.push(path)
    })
    expect(ids).toEqual(['1', '2', '3', '4'])
    expect(malformed).toEqual([join(folder, 'd.txt')])
  })

  test('a file of more than one part', async () => {
    const path = join(newFolder(), 'big.log')
    const padding = 'x'.repeat(300_000)
    const lines = Array.from({ length: 12 }, (_, i) => `${JSON.stringify(auditEvent({ auditID: String(i), padding }))}\n`)
    writeFileSync(path, lines.join(''))
    const { ids, intake } = collector()
    let parts = 0
    await readAuditFiles(path, intake, () => parts++)
    expect(ids).toEqual(lines.map((_, i) => String(i)))
    expect(parts).toBeGreaterThan(1)
  })

  test('a large document that is no lines', async () => {
    const path = join(newFolder(), 'big.json')
    const padding = 'x'.repeat(300_000)
    const events = Array.from({ length: 12 }, (_, i) => auditEvent({ auditID: String(i), padding }))
    writeFileSync(path, JSON.stringify({ kind: 'EventList', items: events }, undefined, 1))
    const { ids, intake } = collector()
    await readAuditFiles(path, intake, () => undefined)
    expect(ids).toHaveLength(12)
  })

  test('one that is not there', async () => {
    const { intake } = collector()
    expect(readAuditFiles('/no/such/file', intake, () => undefined)).rejects.toThrow(
      'cannot read audit events from /no/such/file: it does not exist',
    )
  })
})
