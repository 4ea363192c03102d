// The whole way of an event through decoder, state and default rules, against an interpreter of the same conditions.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bench, do_not_optimize, run, summary } from 'mitata'
import { ruleKinds } from '../../src/capture/interest.ts'
import { usesEnvironment } from '../../src/commands/shared/interest.ts'
import type { Checked } from '../../src/condition/checked.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import type { Catalogue } from '../../src/condition/field.ts'
import { Engine } from '../../src/engine/engine.ts'
import { checkFormat, renderingOf } from '../../src/engine/rendering.ts'
import { type Batch, Event } from '../../src/event/event.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { loadRules } from '../../src/rule/load.ts'
import { State } from '../../src/state/state.ts'
import { ListedUsers } from '../../src/state/users.ts'
import { makeMix } from './mix.ts'
import { median } from './report.ts'

// As much as a batch of the live capture holds, so that it stays in the cache of the processor as there.
const count = 5_000
const interpretedCount = 1_000
const mix = makeMix(count)
const smallMix = makeMix(interpretedCount)

const catalogue = createSyscallFields()
const { ruleset } = loadRules(
  [{ name: 'falco_rules.yaml', text: readFileSync(join(import.meta.dir, '../../rules/falco_rules.yaml'), 'utf8') }],
  {
    engineVersion: '0.63.0',
    catalogues: new Map([['syscall', catalogue as Catalogue as Catalogue<never>]]),
    checkFormat: (_source, format) => checkFormat(format, catalogue as Catalogue as Catalogue<never>),
    kinds: new Map([['syscall', ruleKinds()]]),
  },
)
const rules = ruleset.rules.filter((rule) => rule.enabled)
const conditions = rules.map((rule) => rule.checked as Checked<Event>)

let alerts = 0
const engine = new Engine(
  rules.map((rule) => ({ rule, rendering: renderingOf(rule, catalogue) })),
  { matching: 'first', hostname: 'bench', onAlert: () => alerts++, subjects: catalogue.subjects },
)

// Each way has a loop of its own, as the program has only one: what one compiles it to is not what the others run.
function walkAll(batch: Batch, state: State): void {
  for (let at = event.attach(batch); at < batch.length; ) {
    at = event.moveTo(at)
    state.apply(event)
    engine.process(event)
  }
}

function walkState(batch: Batch, state: State): void {
  for (let at = event.attach(batch); at < batch.length; ) {
    at = event.moveTo(at)
    state.apply(event)
  }
}

function walkInterpreted(batch: Batch, state: State): void {
  for (let at = event.attach(batch); at < batch.length; ) {
    at = event.moveTo(at)
    state.apply(event)
    do_not_optimize(conditions.find((condition) => evaluate(condition, event)))
  }
}

const event = new Event()
// As the program does it.
const keepsEnv = usesEnvironment(rules)
const newState = () => new State({ source: 'replay', users: new ListedUsers(), keepsEnv })
const states = [newState(), newState(), newState()] as const

// A program that runs for months is measured, not its first second.
const warmRounds = 400
for (let round = 0; round < warmRounds; round++) {
  walkAll(mix, states[0])
  walkState(mix, states[1])
}

// Who shares the processor's core with this machine halves what it does, for seconds at a time: so there are several rounds, and all of
// them are printed beside their median.
const rounds = 8
const medians = new Map<string, number[]>()
const most = new Map<string, number>()

for (let round = 0; round < rounds; round++) {
  summary(() => {
    bench('decode, state and compiled rules', () => walkAll(mix, states[0]))
    bench('decode and state', () => walkState(mix, states[1]))
  })
  if (round < 2) bench('decode, state and interpreted rules', () => walkInterpreted(smallMix, states[2]))
  const { benchmarks } = await run({ format: round === 0 ? 'mitata' : 'quiet' })
  for (const { alias, runs } of benchmarks) {
    const rate = (ns: number | undefined) => ((alias.includes('interpreted') ? interpretedCount : count) / (ns ?? Number.NaN)) * 1000
    const { p50, min } = runs[0]?.stats ?? {}
    medians.set(alias, [...(medians.get(alias) ?? []), rate(p50)])
    most.set(alias, Math.max(most.get(alias) ?? 0, rate(min)))
  }
}

for (const [alias, rates] of medians) {
  const all = rates.map((rate) => rate.toFixed(2)).join(', ')
  console.log(
    `${alias}: ${median(rates).toFixed(2)} million events/s at the median of the rounds' (${all}), ${most.get(alias)?.toFixed(2)} at most`,
  )
}
const [compiled = [], , interpreted = []] = [...medians.values()]
console.log(
  `compiled against interpreted: ${(median(compiled) / median(interpreted)).toFixed(1)} times as fast, ${rules.length} rules, ${alerts} alerts`,
)
