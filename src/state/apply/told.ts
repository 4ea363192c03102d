import type { Event } from '../../event/event.ts'
import type { State } from '../state.ts'
import type { ChangeRows } from './change.ts'

/** What an event that is no thread's doing tells of users or containers. */
export type Telling = (event: Event, state: State) => void

// The data of a container plugin's events is the JSON of the older ones.
const pluginEvents: ReadonlySet<string> = new Set(['container', 'container_added'])

export const tellings: readonly (readonly [id: string, telling: Telling])[] = [
  ['CONTAINER_JSON_E', (event, state) => state.containers.add?.(event.text(0) ?? '')],
  ['CONTAINER_JSON_2_E', (event, state) => state.containers.add?.(event.text(0) ?? '')],
  [
    'ASYNCEVENT_E',
    (event, state) => {
      if (pluginEvents.has(event.text(1) ?? '')) state.containers.add?.(event.text(2) ?? '')
    },
  ],
  ['USER_ADDED_E', (event, state) => state.addUser(userOf(event), event.text(5))],
  ['USER_DELETED_E', (event, state) => state.users.deleteUser(event.uint(0), event.text(5))],
  ['GROUP_ADDED_E', (event, state) => state.addGroup({ gid: event.uint(0), name: event.text(1) ?? '' }, event.text(2))],
  ['GROUP_DELETED_E', (event, state) => state.users.deleteGroup(event.uint(0), event.text(2))],
]

/** The same, where a recording names a thread with them. */
export const toldChanges: ChangeRows = tellings.map(([id, tell]) => [id, (event, _thread, state) => tell(event, state)])

// uid gid name home shell container_id
function userOf(event: Event) {
  const text = (index: number) => event.text(index) ?? ''
  return { uid: event.uint(0), gid: event.uint(1), name: text(2), home: text(3), shell: text(4) }
}
