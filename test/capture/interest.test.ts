import { describe, expect, test } from 'bun:test'
import { interestOf, ruleKinds, wantedByRules, wantedByState } from '../../src/capture/interest.ts'
import { codeOf, kindName, kindOfSyscall, syscalls } from '../../src/schema/event.ts'

const sc = (name: string) => syscalls.find((syscall) => syscall.name === name)?.sc ?? -1

describe('which system calls are traced', () => {
  test.each([
    ['openat', [codeOf('SYSCALL_OPENAT_2_X')], wantedByRules],
    ['openat', [], wantedByState],
    ['close', [], 0],
    ['close', [codeOf('SYSCALL_CLOSE_X')], wantedByRules],
    ['read', [codeOf('SYSCALL_OPENAT_2_X')], 0],
    ['sched_process_exit', [codeOf('PROCEXIT_1_E')], wantedByRules],
    ['sched_process_exit', [], wantedByState],
    ['sysinfo', [kindOfSyscall(sc('sysinfo'))], wantedByRules],
    ['sysinfo', [], 0],
  ] as const)('%s with rules on kinds %j', (name, kinds, mark) => {
    expect(interestOf(kinds, [])[sc(name)]).toBe(mark)
  })

  test('close is traced for fields that count descriptors', () => {
    expect(interestOf([], ['proc.fdopencount'])[sc('close')]).toBe(wantedByState)
  })

  test('rules can meet every system call by a name of its own', () => {
    const names = new Set(ruleKinds().map(kindName))
    expect(['openat', 'procexit', 'sysinfo', 'switch'].filter((name) => !names.has(name))).toEqual([])
    expect(new Set(ruleKinds()).size).toBe(ruleKinds().length)
  })
})
