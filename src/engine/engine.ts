import type { Checked } from '../condition/checked.ts'
import { compileKind, type KindMatcher } from '../condition/compile.ts'
import type { Subjects } from '../condition/field.ts'
import type { Event } from '../event/event.ts'
import type { Rule } from '../rule/ruleset.ts'
import type { Alert } from './alert.ts'
import type { RuleRendering } from './rendering.ts'

/** What the engine itself reads of an event. */
export interface EngineEvent {
  /** What rules are indexed by, below `kindLimit`. */
  readonly kind: number
  /** Time, ns since the epoch. */
  readonly ts: bigint
}

/** A rule that runs, with its output made ready. */
export interface RunningRule<E extends EngineEvent = Event> {
  readonly rule: Rule
  readonly rendering: RuleRendering<E>
}

export interface EngineOptions<E extends EngineEvent = never> {
  /** `first`: an event raises the alert of the first rule that holds; `all`: of every one. */
  readonly matching: 'first' | 'all'
  readonly hostname: string
  readonly onAlert: (alert: Alert) => void
  /**
   * Whether what an event's alert has to say is not all known yet: then `emit` is called later with an event that stands for it.
   */
  readonly hold?: ((event: E, emit: (event: E) => void) => boolean) | undefined
  /** What several events may be about, so that rules are tested once for it (`condition/field.ts`). */
  readonly subjects?: Subjects<E> | undefined
}

// More than there are event codes and system calls together (schema/event.ts).
const kindLimit = 1024

const isUnprepared = 0
const isQuiet = 1
const isWatched = 2

/** Tests the events of one source against its rules, in the order of the rules, and hands on an alert for each that fires. */
export class Engine<E extends EngineEvent = Event> {
  private rules: readonly RunningRule<E>[]
  private options: EngineOptions<E>
  // By kind of event, and shared with the rehearsal.
  private states = new Uint8Array(kindLimit)
  private matches: KindMatcher<E>['match'][] = []
  private candidates = new Map<number, RunningRule<E>[]>()
  private readonly hits: number[] = []
  private isRehearsal = false

  constructor(rules: readonly RunningRule<E>[], options: EngineOptions<E>) {
    this.rules = rules
    this.options = options
  }

  /** Kinds of events that some rule can hold on. */
  kinds(): Set<number> {
    return new Set(this.rules.flatMap(({ rule }) => rule.kinds ?? []))
  }

  /** Kinds that rules were compiled for so far. */
  prepared(): number[] {
    return [...this.states.keys()].filter((kind) => this.states[kind] !== isUnprepared)
  }

  /** Tests one event. What the rules need of the state is attached to it already. */
  process(event: E): void {
    const { kind } = event
    const state = this.states[kind]
    if (state === isQuiet) return
    if (state === isUnprepared && !this.prepare(kind)) return
    const match = this.matches[kind] as KindMatcher<E>['match']
    const count = match(event, this.hits)
    if (count > 0) this.fire(event, count)
  }

  /**
   * Compiles the rules for one kind of event ahead of its first one; false where no rule can hold on it.
   *
   * Kinds are compiled when they first come, or by this call, so that starting does not wait for kinds that never come.
   */
  prepare(kind: number): boolean {
    const candidates = this.rules.filter(({ rule }) => rule.kinds?.includes(kind) ?? true)
    if (candidates.length > 0) {
      const conditions = candidates.map(({ rule }) => ({ condition: rule.checked as Checked<E> }))
      const matcher = compileKind<E>(conditions, kind, this.options.matching, this.options.subjects)
      this.matches[kind] = matcher.match
      this.candidates.set(kind, candidates)
      this.states[kind] = matcher.rules.length > 0 ? isWatched : isQuiet
    } else {
      this.states[kind] = isQuiet
    }
    return this.states[kind] === isWatched
  }

  /** The same rules, compiled once for both, for events that never were: they are tested, and none fires. */
  rehearsal(): Engine<E> {
    const twin = new Engine<E>(this.rules, this.options)
    twin.states = this.states
    twin.matches = this.matches
    twin.candidates = this.candidates
    twin.isRehearsal = true
    return twin
  }

  /** Goes on by the rules of another, from the next event on, with all that is compiled for them by now. */
  become(other: Engine<E>): void {
    this.rules = other.rules
    this.options = other.options
    this.states = other.states
    this.matches = other.matches
    this.candidates = other.candidates
  }

  private fire(event: E, count: number): void {
    if (this.isRehearsal) return
    const candidates = this.candidates.get(event.kind) ?? []
    for (let i = 0; i < count; i++) {
      const running = candidates[this.hits[i] ?? -1]
      if (running) this.raise(event, running)
    }
  }

  private raise(event: E, running: RunningRule<E>): void {
    const { hold, onAlert } = this.options
    if (hold?.(event, (later) => onAlert(this.alert(later, running))) !== true) onAlert(this.alert(event, running))
  }

  private alert(event: E, { rule, rendering }: RunningRule<E>): Alert {
    return {
      rule: rule.name,
      priority: rule.priority,
      source: rule.source,
      tags: rule.tags,
      ts: event.ts,
      text: rendering.render(event),
      fields: rendering.renderFields(event),
      hostname: this.options.hostname,
    }
  }
}
