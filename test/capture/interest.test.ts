import { describe, expect, test } from 'bun:test'
import { askedKinds, interestOf, ruleKinds, wantedByRules, wantedByState } from '../../src/capture/interest.ts'
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

  const openatKind = codeOf('SYSCALL_OPENAT_2_X')
  const setuidKind = codeOf('SYSCALL_SETUID_X')
  test.each([
    ['all', {}, 'read', wantedByRules],
    ['all, save for tracepoints', {}, 'sched_switch', 0],
    ['all but one', { customSet: ['!read'] }, 'read', 0],
  ] as const)('base_syscalls.all: %s', (_, base, name, mark) => {
    expect(interestOf([openatKind], [], { all: true, customSet: [], repair: false, ...base })[sc(name)]).toBe(mark)
  })

  test.each([
    ['takes the place of what the state needs', ['read'], 'read', wantedByRules],
    ['takes the place of what the state needs', ['read'], 'connect', 0],
    ['leaves rules what they ask for', ['read'], 'openat', wantedByRules],
    ['names to leave out leave the state the rest', ['!connect'], 'connect', 0],
    ['names to leave out leave the state the rest', ['!connect'], 'socket', wantedByState],
    ['leaves out what rules ask for', ['!openat'], 'openat', 0],
    ['never leaves out the end of threads', ['read', '!sched_process_exit'], 'sched_process_exit', wantedByState],
    ['knows procexit by its other name', ['procexit'], 'sched_process_exit', wantedByRules],
  ] as const)('base_syscalls.custom_set %s: %j', (_, customSet, name, mark) => {
    expect(interestOf([openatKind], [], { all: false, repair: false, customSet })[sc(name)]).toBe(mark)
  })

  test.each([
    ['processes', [setuidKind], [], 'clone', wantedByState],
    ['processes alone', [setuidKind], [], 'socket', 0],
    ['descriptors for rules that look at them', [openatKind], [], 'socket', wantedByState],
    ['descriptors for names that look at them', [setuidKind], ['read'], 'socket', wantedByState],
  ] as const)('base_syscalls.repair keeps %s', (_, kinds, customSet, name, mark) => {
    expect(interestOf(kinds, [], { all: false, repair: true, customSet })[sc(name)]).toBe(mark)
  })

  test('a rule that names no types of events is not tried on what comes very often, one that does is', () => {
    const readKind = codeOf('SYSCALL_READ_X')
    const switchKind = codeOf('SCHEDSWITCH_6_E')
    expect([...askedKinds([[readKind, switchKind]])]).toEqual([readKind, switchKind])
    const nameless = askedKinds([ruleKinds()])
    expect([readKind, switchKind, openatKind].map((kind) => nameless.has(kind))).toEqual([false, false, true])
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
