import type { Container } from '../../event/container.ts'
import { encodeRecord, type ParamValue } from '../../event/encode.ts'
import { recordStateOnly } from '../../event/event.ts'
import { codeOf } from '../../schema/event.ts'
import { listedJson } from '../../state/runtime/listed.ts'
import type { State } from '../../state/state.ts'
import type { ContainerNames } from '../../state/users.ts'

const containerEvent = codeOf('CONTAINER_JSON_2_E')
const userEvent = codeOf('USER_ADDED_E')
const groupEvent = codeOf('GROUP_ADDED_E')

/** What a recording tells of a container, as a record of no thread's doing. */
function containerRecord(container: Container): Buffer {
  return told(containerEvent, [listedJson(container)])
}

/** What it tells of the users of a container. */
function nameRecords({ containerId, users, groups }: ContainerNames): Buffer[] {
  return [
    ...[...users.values()].map(({ uid, gid, name, home, shell }) => told(userEvent, [uid, gid, name, home, shell, containerId])),
    ...[...groups.values()].map(({ gid, name }) => told(groupEvent, [gid, name, containerId])),
  ]
}

function told(code: number, params: readonly ParamValue[]): Buffer {
  return encodeRecord({ code, params, tid: -1, ts: BigInt(Date.now()) * 1_000_000n, flags: recordStateOnly })
}

/** Hands on what is learned of containers from now on, as records. */
export function onLearned(state: State, take: (record: Buffer) => void): void {
  state.containers.onLearned = (container) => take(containerRecord(container))
  state.users.onLearned = (names) => {
    for (const record of nameRecords(names)) take(record)
  }
}

/** The same of all that are known. */
export function containerRecords(state: State): Buffer[] {
  return [...[...state.containers.listed()].map(containerRecord), ...[...state.users.contained()].flatMap(nameRecords)]
}
