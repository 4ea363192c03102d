import { expect, test } from 'bun:test'
import { answerDrops } from '../../src/commands/shared/drop_actions.ts'
import type { DropAction } from '../../src/commands/shared/drops.ts'
import type { Alert } from '../../src/engine/alert.ts'

const classes = { clone_fork: 0, execve: 1, connect: 0, open: 2, dir_file: 0, other_interest: 0, close: 0, proc: 0 }
const message = 'Falco internal: syscall event drop. 3 system calls dropped in last second.'

test.each([
  [['ignore'], []],
  [['log'], [`debug ${message}`]],
  [['alert'], [`alert Falco internal: syscall event drop: ${message} 3 2`]],
  [
    ['log', 'alert'],
    [`debug ${message}`, `alert Falco internal: syscall event drop: ${message} 3 2`],
  ],
  [['exit'], [`error ${message} Exiting, as syscall_event_drops.actions asks for.`, 'stop']],
] as const)('%p', (actions, expected) => {
  const done: string[] = []
  const tell = (alert: Alert) => {
    const fields = Object.fromEntries(alert.fields)
    done.push(`alert ${alert.rule}: ${alert.text} ${fields.n_drops} ${fields.n_drops_buffer_open_exit}`)
  }
  const log = { debug: (text: string) => done.push(`debug ${text}`), error: (text: string) => done.push(`error ${text}`) }
  const report = { actions: actions as readonly DropAction[], seen: 9, dropped: 3, classes }
  answerDrops(report, { log, tell, hostname: 'h', stop: () => done.push('stop') })
  expect(done).toEqual([...expected])
})
