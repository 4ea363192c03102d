import { describe, expect, test } from 'bun:test'
import { rehearse } from '../../src/commands/shared/rehearsal.ts'
import { scratchState } from '../../src/commands/shared/state.ts'
import type { Event } from '../../src/event/event.ts'
import { kindName } from '../../src/schema/event.ts'

describe('the rehearsal', () => {
  test('plays the common kinds of events on the state that it is given, until it is over', async () => {
    const state = scratchState()
    const names = new Map<string, number>()
    let isOver = false
    const process = (event: Event) => {
      const name = kindName(event.kind)
      names.set(name, (names.get(name) ?? 0) + 1)
      if (name === 'openat' && (event.fdNum ?? -1) >= 3) expect(event.fd?.name).toStartWith('/')
      isOver = true
    }
    await rehearse({ state, engine: { process }, drops: { observe: () => undefined } }, () => isOver)
    expect([...names.keys()].sort()).toEqual([
      'accept4',
      'bind',
      'chdir',
      'clone',
      'connect',
      'dup2',
      'execve',
      'fcntl',
      'openat',
      'pipe2',
      'prlimit',
      'procexit',
      'recvfrom',
      'sendto',
      'socket',
    ])
    // One round, and no more: the shell, 24 processes, and a thread in each fourth of them.
    expect(names.get('procexit')).toBe(1 + 24 + 6)
    // All of them ended.
    expect([...names.keys()]).toContain('procexit')
    expect(state.threads.get(5_000_001)).toBeUndefined()
  })
})
