import { describe, expect, test } from 'bun:test'
import { eventMarks, tracepointBits } from '../../src/capture/kmod_marks.ts'
import { codeOf, events, syscalls } from '../../src/schema/event.ts'

function wantedOf(marks: Readonly<Record<string, number>>): Uint8Array {
  const wanted = new Uint8Array(512)
  for (const { sc, name } of syscalls) wanted[sc] = marks[name] ?? 0
  return wanted
}

const idsOf = (marks: Uint8Array) => events.filter(({ code }) => marks[code] !== 0).map(({ id, code }) => `${id}:${marks[code]}`)

describe('what the kernel module is asked for', () => {
  test.each([
    // Today's events, those of earlier versions that become them, and the enter events that these are made with.
    ['openat', ['SYSCALL_OPENAT_E:1', 'SYSCALL_OPENAT_X:1', 'SYSCALL_OPENAT_2_E:1', 'SYSCALL_OPENAT_2_X:1']],
    ['connect', ['SOCKET_CONNECT_E:1', 'SOCKET_CONNECT_X:1']],
    ['sched_process_exit', ['PROCEXIT_E:1', 'PROCEXIT_1_E:1']],
  ])('for %s', (name, expected) => {
    expect(idsOf(eventMarks(wantedOf({ [name]: 1 })))).toEqual(expected)
  })

  test('for starts of programs, events of all versions', () => {
    const ids = idsOf(eventMarks(wantedOf({ execve: 2 })))
    for (const version of ['8', '13', '14', '15', '16', '17', '18', '19']) expect(ids).toContain(`SYSCALL_EXECVE_${version}_X:2`)
  })

  test('for calls without an event of their own, the event that they share', () => {
    expect(idsOf(eventMarks(wantedOf({ sysinfo: 2 })))).toEqual(['GENERIC_E:2', 'GENERIC_X:2'])
  })

  test('rules go before the state, where several calls have one event', () => {
    const shared = syscalls.filter(({ exit }) => exit === codeOf('SYSCALL_OPEN_X'))
    const [first] = syscalls.filter(({ exit }) => exit > 1 && syscalls.filter((other) => other.exit === exit).length > 1)
    expect(shared.length).toBeGreaterThan(0)
    if (first === undefined) return
    const names = syscalls.filter(({ exit }) => exit === first.exit).map(({ name }) => name)
    expect(eventMarks(wantedOf({ [names[0] ?? '']: 2, [names[1] ?? '']: 1 }))[first.exit]).toBe(1)
  })

  test('nothing, where nothing is wanted', () => {
    expect(idsOf(eventMarks(wantedOf({})))).toEqual([])
  })

  test.each([
    [{}, 'x64', 0b100000111],
    [{ sched_switch: 1 }, 'x64', 0b100001111],
    [{ page_fault_user: 1, signal_deliver: 1 }, 'x64', 0b101010111],
    [{}, 'arm64', 0b110000111],
  ])('tracepoints for %j on %s', (marks, arch, bits) => {
    expect(tracepointBits(wantedOf(marks), arch)).toBe(bits)
  })
})
