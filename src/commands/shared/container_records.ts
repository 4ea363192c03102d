import type { Container } from '../../event/container.ts'
import { encodeRecord } from '../../event/encode.ts'
import { recordStateOnly } from '../../event/event.ts'
import { codeOf } from '../../schema/event.ts'
import { listedJson } from '../../state/runtime/json.ts'
import type { State } from '../../state/state.ts'

const containerEvent = codeOf('CONTAINER_JSON_2_E')

/** What a recording tells of a container, as a record of no thread's doing. */
export function containerRecord(container: Container): Buffer {
  const ts = BigInt(Date.now()) * 1_000_000n
  return encodeRecord({ code: containerEvent, params: [listedJson(container)], tid: -1, ts, flags: recordStateOnly })
}

/** The same of all that are known. */
export function containerRecords(state: State): Buffer[] {
  return [...state.containers.listed()].map(containerRecord)
}
