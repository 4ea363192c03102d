import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../../src/base/fault.ts'
import { engineVersion } from '../../../src/base/version.ts'
import { ruleKinds } from '../../../src/capture/interest.ts'
import { openReplay } from '../../../src/capture/replay.ts'
import { recordingState } from '../../../src/commands/shared/state.ts'
import type { Catalogue } from '../../../src/condition/field.ts'
import { formatAlert } from '../../../src/engine/alert_format.ts'
import { Engine } from '../../../src/engine/engine.ts'
import { parseFormat, renderLine } from '../../../src/engine/format.ts'
import { jsonRenderer } from '../../../src/engine/json.ts'
import { checkFormat, renderingOf } from '../../../src/engine/rendering.ts'
import type { Event } from '../../../src/event/event.ts'
import { createSyscallFields, type EventCatalogue } from '../../../src/fields/index.ts'
import { loadRules } from '../../../src/rule/load.ts'
import { drain } from '../read_all.ts'

/** What became of a recording. */
export interface Outcome {
  readonly events: number
  readonly alerts: number
  /** Why it was not read to its end; anything but such a fault is thrown. */
  readonly fault: Fault | undefined
}

const isMeant = /\(at (decompressed )?byte \d+\)$/
const fieldsPerFormat = 30

// Arguments for fields that take one; those that a field does not take are left out.
const argumentsOf = {
  index: ['0', '1', '3', '99'],
  key: ['HOME', 'memory', 'A', 'maintainer'],
  either: ['name', 'fd', 'res', 'flags', '0', '1', '7'],
}

/** All that stands between a recording and an alert: reader, state, all fields in text and JSON, and the default rules. */
export class Chain {
  private readonly engine: Engine
  private readonly show: readonly ((event: Event) => unknown)[]
  private alerts = 0
  private turn = 0

  constructor() {
    const catalogue = createSyscallFields({ hostname: 'here', staticFields: new Map([['site', 'lab']]) })
    this.show = shownFields(catalogue)
    this.engine = engineOf(catalogue, () => this.alerts++)
  }

  /** @throws what is no fault of the recording. */
  async run(file: string): Promise<Outcome> {
    let events = 0
    this.alerts = 0
    try {
      const state = recordingState()
      await drain(openReplay(file, state), (event) => {
        events++
        state.apply(event)
        if (event.isStateOnly) return
        this.engine.process(event)
        for (let left = 2; left > 0; left--) this.show[this.turn++ % this.show.length]?.(event)
      })
    } catch (cause) {
      return { events, alerts: this.alerts, fault: meant(cause) }
    }
    return { events, alerts: this.alerts, fault: undefined }
  }
}

// A fault that hides another error (a RangeError of a view, say) was not meant; those of zlib are.
function meant(cause: unknown): Fault {
  if (!(cause instanceof Fault) || !isMeant.test(cause.message)) throw cause
  const inner = cause.cause as { readonly code?: unknown } | undefined
  if (inner !== undefined && !String(inner.code).startsWith('Z_')) throw inner
  return cause
}

function shownFields(catalogue: EventCatalogue): ((event: Event) => unknown)[] {
  const fields = catalogue.classes.flatMap(({ fields }) => fields)
  const tokens = fields.flatMap(({ name, arg }) =>
    ['', ...(arg ? argumentsOf[arg.kind].map((key) => `[${key}]`) : [])].map((key) => name + key),
  )
  const usable = tokens.filter((token) => canBeShown(token, catalogue))
  const groups = Array.from({ length: Math.ceil(usable.length / fieldsPerFormat) }, (_, index) =>
    usable.slice(index * fieldsPerFormat, (index + 1) * fieldsPerFormat),
  )
  const formats = groups.map((group) => parseFormat(`*${group.map((token) => `%${token}`).join(' ')}`, catalogue))
  return formats.flatMap((format) => [(event: Event) => renderLine(format, event), jsonRenderer(format)])
}

function canBeShown(token: string, catalogue: EventCatalogue): boolean {
  try {
    parseFormat(`%${token}`, catalogue)
    return true
  } catch {
    return false
  }
}

// Conditions that hold on much, so that alerts are made, too.
const moreRules = `
- {rule: texts, desc: d, condition: "evt.args contains a or proc.cmdline glob '*sh*' or fd.name startswith /", output: "%evt.args %fd.name", priority: INFO}
- {rule: numbers, desc: d, condition: "evt.rawres < 0 or fd.sport in (80, 443) or proc.ppid > 1 or evt.latency >= 0", output: "%evt.res", priority: INFO}
- {rule: lists, desc: d, condition: "proc.aname in (sh) or fd.net = 10.0.0.0/8 or fd.ip = '::1' or thread.tid >= 0", output: "%proc.env", priority: INFO}
`

function engineOf(catalogue: EventCatalogue, onAlert: () => void): Engine {
  const shared = catalogue as Catalogue as Catalogue<never>
  const rulesFile = join(import.meta.dir, '../../../rules/falco_rules.yaml')
  const files = [
    { name: 'default', text: readFileSync(rulesFile, 'utf8') },
    { name: 'more', text: moreRules },
  ]
  const { ruleset, results } = loadRules(files, {
    engineVersion,
    catalogues: new Map([['syscall', shared]]),
    checkFormat: (_source, format) => checkFormat(format, shared),
    kinds: new Map([['syscall', ruleKinds()]]),
    plugins: [{ name: 'container', version: '0.7.0' }],
  })
  const invalid = results.find(({ isValid }) => !isValid)
  if (invalid) throw new Error(`${invalid.name}: ${invalid.errors.map(({ message }) => message)}`)
  const format = { isIso8601: false, hasOutput: true, hasMessage: true, hasTags: true, hasOutputFields: true }
  return new Engine(
    ruleset.rules.map((rule) => ({ rule, rendering: renderingOf(rule, catalogue) })),
    {
      matching: 'all',
      hostname: 'here',
      onAlert: (alert) => {
        onAlert()
        formatAlert(alert, { ...format, isJson: true })
        formatAlert(alert, { ...format, isJson: false })
      },
      subjects: catalogue.subjects,
    },
  )
}
