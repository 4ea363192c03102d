import { bench, do_not_optimize, run, summary } from 'mitata'
import { Event } from '../../src/event/event.ts'
import { State } from '../../src/state/state.ts'
import { ListedUsers } from '../../src/state/users.ts'
import { makeMix } from './mix.ts'

// Decoding alone against decoding and applying to the state, on the mix of a realistic recording.
// A batch of some 700 KB, as captures hand them on: what a reader just wrote is still in the cache.
// As much as a batch of the live capture holds, so that it stays in the cache of the processor as there.
const count = 5_000
const mix = makeMix(count)
const event = new Event()
const state = new State({ source: 'replay', users: new ListedUsers() })

function walk(): number {
  let sum = 0
  for (let at = event.attach(mix); at < mix.length; ) {
    at = event.moveTo(at)
    sum += event.type
  }
  return sum
}

function apply(): void {
  for (let at = event.attach(mix); at < mix.length; ) {
    at = event.moveTo(at)
    state.apply(event)
  }
}

summary(() => {
  bench('walk the headers', () => do_not_optimize(walk()))
  bench('walk and apply to the state', apply)
})

const result = await run()
for (const trial of result.benchmarks) {
  const stats = trial.runs[0]?.stats
  if (stats) console.log(`${trial.alias}: ${((count / stats.p50) * 1000).toFixed(1)} million events/s at the median`)
}
