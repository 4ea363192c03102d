import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { createAuditFields, plugins } from '../../src/plugins/index.ts'
import type { AuditEvent } from '../../src/plugins/k8s_audit/event.ts'
import { AuditIntake } from '../../src/plugins/k8s_audit/intake.ts'
import { AuditIntakeRoutes } from '../../src/server/routes/k8s_audit.ts'
import { auditEvent, pod } from './audit_events.ts'

// What somebody could send who means harm, or whose memory is broken. FUZZ_ROUNDS and FUZZ_SEED change how much and which.
const rounds = Number(process.env.FUZZ_ROUNDS ?? 10_000)
let state = Number(process.env.FUZZ_SEED ?? 1) >>> 0

function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

function pick<T>(items: readonly T[]): T {
  return items[random(items.length)] as T
}

const fields = createAuditFields(plugins, { hostname: 'here', staticFields: new Map() })
const reads = fields.classes.flatMap(({ fields: all }) =>
  all.flatMap(({ get, at, arg }) => [get, arg?.required ? at?.('/a') : at?.('0')]),
) as ((event: AuditEvent) => unknown)[]

let tested = 0
const intake = new AuditIntake({
  duplicateWindow: 1000,
  settle: async () => undefined,
  process: (event) => {
    tested++
    for (let i = 0; i < 20; i++) pick(reads)?.(event)
  },
})
const limit = 300_000
const [route] = new AuditIntakeRoutes({
  path: '/k',
  intake,
  bodyBytes: limit,
  queueBytes: limit,
  requests: 1,
  report: () => undefined,
  token: () => undefined,
}).routes

async function answerTo(body: Buffer, encoding?: string) {
  const headers: Readonly<Record<string, string | undefined>> = { 'content-length': String(body.length), 'content-encoding': encoding }
  const answer = await route?.answer({ method: 'POST', url: 'http://localhost/k', header: (name) => headers[name], read: async () => body })
  return { status: answer?.status, text: String(answer?.body) }
}

const odd: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  1.5,
  true,
  '',
  'x',
  '\u2028',
  '\ud800',
  [],
  [[]],
  {},
  { a: 1 },
  { __proto__: 1 },
  '__proto__',
  'constructor',
]

/** A good event in which some value, however deep, is another. */
function oddEvent(): object {
  const event = structuredClone(auditEvent({ requestObject: pod, auditID: `id-${random(1000)}` })) as Record<string, unknown>
  let at: Record<string, unknown> = event
  for (let depth = random(5); depth > 0; depth--) {
    const next = pick(Object.values(at))
    if (typeof next !== 'object' || next === null || Object.keys(next).length === 0) break
    at = next as Record<string, unknown>
  }
  at[pick([...Object.keys(at), '__proto__x', 'constructor', 'new'])] = pick(odd)
  return event
}

const makers: readonly (() => string | Buffer)[] = [
  () => JSON.stringify(oddEvent()),
  () => JSON.stringify(Array.from({ length: random(5) }, oddEvent)),
  () => JSON.stringify({ kind: pick(['EventList', 'List', 7, null]), items: pick([[oddEvent()], oddEvent(), null, 'x', [[oddEvent()]]]) }),
  () => JSON.stringify(pick(odd)) ?? '',
  // Cut off, or with some bytes changed.
  () => JSON.stringify(oddEvent()).slice(0, random(2000)),
  () => {
    const bytes = Buffer.from(JSON.stringify(oddEvent()))
    for (let i = random(5); i >= 0; i--) bytes[random(bytes.length)] = random(256)
    return bytes
  },
  () =>
    `{"kind":"Event","auditID":"a","stageTimestamp":"2026-11-21T10:00:00Z","__proto__":{"x":${random(9)}},"n":${'9'.repeat(random(400))}1}`,
  () => `${pick(['[', '{"a":', ' [[', '{"items":['])}`.repeat(random(3000)),
  () => {
    const depth = random(2000)
    return `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`
  },
  () => Buffer.from(Array.from({ length: random(200) }, () => random(256))),
  () =>
    Array.from({ length: random(6) }, () => pick([JSON.stringify(oddEvent()), '{"kind":', ']', 'null', '\r'])).join(
      pick(['\n', ' ', '', '\n\n']),
    ),
]

test(`${rounds} bodies that are not as they should be`, async () => {
  // What is held, not what the process of all tests takes: that is other tests' too.
  const held = () => {
    Bun.gc(true)
    const { heapSize, extraMemorySize } = heapStats()
    return heapSize + extraMemorySize
  }
  let before = 0
  const statuses = new Map<number | undefined, number>()
  for (let round = 0; round < rounds; round++) {
    const made = pick(makers)()
    const body = Buffer.from(made)
    const isPacked = random(10) === 0
    const { status, text } = await answerTo(isPacked ? gzipSync(body) : body, isPacked ? 'gzip' : undefined)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const answer = JSON.parse(text) as { problem?: string; malformed?: number }
    if (status !== 200 && (status !== 400 || !answer.problem)) throw new Error(`${status} ${text} for ${body.latin1Slice(0, 300)}`)
    if (round === Math.floor(rounds / 5)) before = held()
  }
  expect([...statuses.keys()].sort()).toEqual([200, 400])
  expect(statuses.get(400)).toBeGreaterThan(rounds / 10)
  expect(tested).toBeGreaterThan(rounds / 10)
  expect((held() - before) / 2 ** 20).toBeLessThan(16)
  expect(({} as { x?: unknown }).x).toBeUndefined()
}, 120_000)

test.each([
  ['blanks', Buffer.alloc(20_000_000, 0x20)],
  ['brackets', Buffer.alloc(20_000_000, 0x5b)],
  ['bombs in bombs', gzipSync(Buffer.alloc(20_000_000))],
])('a bomb of %s', async (_, bytes) => {
  const { status, text } = await answerTo(gzipSync(bytes), 'gzip')
  expect([status, text.includes('problem')]).toEqual([400, true])
})
