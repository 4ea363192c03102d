import type { Catalogue } from '../../condition/field.ts'
import type { Alert } from '../../engine/alert.ts'
import { Engine, type EngineEvent, type EngineOptions } from '../../engine/engine.ts'
import { renderingOf } from '../../engine/rendering.ts'
import type { Event } from '../../event/event.ts'
import type { Rule } from '../../rule/ruleset.ts'
import { wantedSyscalls } from './interest.ts'
import type { Loaded } from './prepare.ts'
import type { Change, Reloadable } from './reloadable.ts'
import type { OpenedSource, OpenRequest, Source } from './sources.ts'
import { turn } from './timers.ts'

export interface DetectionOptions {
  readonly hostname: string
  readonly onAlert: (alert: Alert) => void
  /** Whether the alert of a system call is to wait (`engine.ts`). */
  readonly hold?: (event: Event, emit: (event: Event) => void) => boolean
  /** Hears which system calls are to be traced from now on, by PPM_SC code. */
  readonly want: (wanted: Uint8Array) => void
  /** What will be wanted, for the source to make it ready; throws where it cannot. */
  readonly expect: (wanted: Uint8Array) => void
}

const syscallSource = 'syscall'

/** The rules that events meet, an engine for each source: they may be exchanged for others while events come. */
export class Detection implements Reloadable {
  loaded: Loaded
  /** The rules for system calls. It stays the same object, whatever rules it has. */
  readonly engine: Engine<Event>
  /** What the rules and the state need, by PPM_SC code. */
  wanted: Uint8Array
  /** The sources that are not the kernel, as they run: they stay when rules are exchanged. */
  opened: readonly OpenedSource[] = []
  readonly #others: ReadonlyMap<string, Engine<EngineEvent>>
  readonly #options: DetectionOptions
  #ends: readonly (() => void)[] = []

  /**
   * Compiles rules that were loaded.
   *
   * @throws Fault `syscall-unknown` where `base_syscalls` names one that is not there.
   */
  constructor(loaded: Loaded, options: DetectionOptions) {
    this.#options = options
    this.loaded = loaded
    this.engine = this.#compile<Event>(loaded, syscallSource)
    this.wanted = wantedOf(loaded)
    const others = loaded.sources.filter(({ open }) => open !== undefined)
    this.#others = new Map(others.map(({ name }) => [name, this.#compile<EngineEvent>(loaded, name)]))
  }

  /** Begins what the sources need beside their events. */
  begin(): void {
    this.#ends = beginAll(this.loaded.sources)
  }

  end(): void {
    for (const end of this.#ends) end()
  }

  /**
   * Opens the sources that are not the kernel.
   *
   * @throws Fault where one of them cannot be opened.
   */
  async openOthers(request: Omit<OpenRequest, 'process'>): Promise<readonly OpenedSource[]> {
    const opening = this.loaded.sources.flatMap(({ name, open }) => {
      const engine = this.#others.get(name)
      return open && engine ? [open({ ...request, process: (event) => engine.process(event) })] : []
    })
    this.opened = await Promise.all(opening)
    return this.opened
  }

  async prepare(next: Loaded): Promise<Change> {
    const engine = this.#compile<Event>(next, syscallSource)
    // The kinds that came so far will come again, and should not wait for the compiler then; those that come now should not either.
    for (const kind of this.engine.prepared()) {
      engine.prepare(kind)
      await turn()
    }
    const wanted = wantedOf(next)
    this.#options.expect(wanted)
    const others = new Map([...this.#others.keys()].map((name) => [name, this.#compile<EngineEvent>(next, name)]))
    for (const source of next.sources) {
      const old = this.loaded.sources.find(({ name }) => name === source.name)
      if (old) source.inherit?.(old)
    }
    return {
      commit: () => {
        this.engine.become(engine)
        for (const [name, other] of others) this.#others.get(name)?.become(other)
        this.#follow(next, wanted)
      },
    }
  }

  #follow(next: Loaded, wanted: Uint8Array): void {
    const ends = beginAll(next.sources)
    this.end()
    this.#ends = ends
    this.loaded = next
    this.wanted = wanted
    this.#options.want(wanted)
  }

  // Each source has an engine of its own: it knows only the rules for it.
  #compile<E extends EngineEvent>(loaded: Loaded, source: string): Engine<E> {
    const { hostname, onAlert, hold } = this.#options
    const { json_output, rule_matching } = loaded.context.config.settings
    const catalogue = catalogueOf<E>(loaded.sources, source)
    const running = rulesOf(loaded, source).map((rule) => ({ rule, rendering: renderingOf(rule, catalogue, !json_output) }))
    return new Engine<E>(running, {
      matching: rule_matching,
      hostname,
      onAlert,
      subjects: catalogue.subjects,
      // Events of system calls only: others are in no container.
      hold: source === syscallSource ? (hold as unknown as EngineOptions<E>['hold']) : undefined,
    })
  }
}

function wantedOf(loaded: Loaded): Uint8Array {
  return wantedSyscalls(loaded.context.config.settings, rulesOf(loaded, syscallSource))
}

function rulesOf({ rules }: Loaded, source: string): Rule[] {
  return rules.running.filter((rule) => rule.source === source)
}

function beginAll(sources: readonly Source[]): readonly (() => void)[] {
  return sources.flatMap(({ begin }) => (begin === undefined ? [] : [begin()]))
}

function catalogueOf<E>(sources: readonly Source[], name: string): Catalogue<E> {
  const source = sources.find((each) => each.name === name)
  // A source's fields read the events that the source gives.
  return (source?.catalogue ?? noFields) as Catalogue as Catalogue<E>
}

const noFields: Catalogue<never> = { names: [], find: () => undefined }
