import type { Event } from '../../event/event.ts'
import type { State } from '../state.ts'
import type { ThreadState } from '../thread.ts'
import { type Change, readFd } from './change.ts'

// Control messages (struct cmsghdr): length with this header, level, type, and then what is passed; the next one is aligned. Lengths
// have 8 bytes, those of 32-bit programs 4.
const forms = [
  { lengthBytes: 8, headBytes: 16 },
  { lengthBytes: 4, headBytes: 12 },
] as const
const solSocket = 1
const scmRights = 1
const fdBytes = 4
// SCM_MAX_FD of the kernel.
const mostPassed = 253

/** Descriptors that came with a message, in parameter `param`, besides what `change` does. */
export function withPassed(param: number, change: Change): Change {
  return (event, thread, state) => {
    change(event, thread, state)
    if (event.lengthOf(param) > 0 && readFd(event, 0) >= 0) takePassed(event, param, thread, state)
  }
}

function takePassed(event: Event, param: number, thread: ThreadState, state: State): void {
  for (const form of forms) {
    const nums = passedIn(event, param, form)
    if (nums === undefined) continue
    for (const num of nums) state.receiveFd(event, thread, num)
    return
  }
}

/** Numbers of the descriptors in the control data; undefined where it is not of this form. */
function passedIn(event: Event, param: number, { lengthBytes, headBytes }: (typeof forms)[number]): readonly number[] | undefined {
  const { view } = event
  const end = event.offsetOf(param) + event.lengthOf(param)
  const nums: number[] = []
  for (let at = event.offsetOf(param); at + headBytes <= end; ) {
    const length = view.getUint32(at, true)
    const high = lengthBytes === 8 ? view.getUint32(at + 4, true) : 0
    if (high !== 0 || length < headBytes) return nums.length > 0 ? nums : undefined
    const isRights = view.getInt32(at + lengthBytes, true) === solSocket && view.getInt32(at + lengthBytes + 4, true) === scmRights
    const last = Math.min(end, at + length)
    for (let each = at + headBytes; isRights && each + fdBytes <= last && nums.length < mostPassed; each += fdBytes) {
      nums.push(view.getInt32(each, true))
    }
    at += Math.ceil(length / lengthBytes) * lengthBytes
  }
  return nums
}
