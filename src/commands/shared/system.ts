import { Fault } from '../../base/fault.ts'
import { askedKinds, interestOf, ruleKinds } from '../../capture/interest.ts'
import type { Checked, Node } from '../../condition/checked.ts'
import type { Event } from '../../event/event.ts'
import { KindSets } from '../../rule/kinds.ts'
import type { State } from '../../state/state.ts'
import type { Context } from '../context.ts'
import { type OpenedCapture, openCapture } from './captures.ts'
import { newState } from './state.ts'

const mostSnaplen = 65_535
const leastPreset = 6

export interface SystemRequest {
  readonly context: Context
  /** What is looked for; everything without it. */
  readonly condition?: Checked<Event> | undefined
  /** Bytes of data that are kept, where the command line says so. */
  readonly snaplen?: number | undefined
}

/** This machine's system calls, to be looked at or recorded. */
export interface System {
  readonly capture: OpenedCapture
  readonly state: State
}

/**
 * Begins to capture.
 *
 * @throws Fault `driver-unavailable` where the kernel or the rights do not allow it.
 */
export function openSystem({ context, condition, snaplen }: SystemRequest): System {
  const { config, env, log } = context
  const settings = {
    ...config.settings,
    ...(snaplen === undefined ? {} : { 'falco_libs.snaplen': snaplen }),
    // All system calls are more than rules ask for.
    'engine.modern_ebpf.buf_size_preset': Math.max(leastPreset, config.settings['engine.modern_ebpf.buf_size_preset']),
    'engine.kind': 'modern_ebpf' as const,
  }
  const state = newState({ settings, plugins: config.plugins }, env, true)
  const capture = openCapture({ settings, wanted: wantedFor(condition), log }, state)
  capture.begin(state)
  return { capture, state }
}

/** What a condition can hold on, and what the state needs; without one, or where it names no types of events, all system calls. */
function wantedFor(condition: Checked<Event> | undefined): Uint8Array {
  const all = ruleKinds()
  const kinds = condition === undefined ? all : new KindSets(all).of(condition.root as Node<never>)
  const asked = askedKinds([kinds])
  return interestOf(asked, [], { all: asked.size < kinds.length || kinds.length === all.length, customSet: [], repair: false })
}

/**
 * Bytes of data to keep, as the command line says.
 *
 * @throws Fault `flag-invalid`.
 */
export function snaplenOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= mostSnaplen) return Number(text)
  throw new Fault('flag-invalid', `-s takes a number of bytes from 1 to ${mostSnaplen}, not '${text}'`, { hint: 'leave it out to keep 80' })
}
