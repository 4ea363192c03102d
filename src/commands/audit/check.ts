import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import type { IntakeStatus } from '../../plugins/k8s_audit/intake.ts'
import { defineCommand } from '../command.ts'
import { clientFlags, clientOf, problemOf, request } from './client.ts'

const timeoutMs = 5000

/** `eyas audit check`. */
export const checkCommand = defineCommand({
  name: 'audit check',
  summary: 'Says whether audit events arrive: when the last one came, how many, how late, what was wrong.',
  usage: '[OPTION...]',
  flags: [
    ...clientFlags,
    { name: 'silence', long: 'silence', arg: 'SECONDS', help: 'How long it may be silent before that is a problem (default 300).' },
    { name: 'json', long: 'json', help: 'Print one JSON object.' },
  ],
  details: `It asks the Eyas that listens there. A cluster is never silent for minutes: nodes renew their leases.
The exit code is 1 if something is wrong.`,
  run: async ({ args }) => {
    const client = clientOf(args)
    const silence = secondsOf(args.silence)
    const url = new URL(client.url)
    url.pathname = `${url.pathname.replace(/\/$/, '')}/status`
    const status = await statusAt(client, url)
    const problem = problemIn(status, silence)
    const text = args.json ? JSON.stringify({ ...status, problem: problem ?? null }) : `${describe(status)}\n${problem ?? 'in order'}`
    return print(`${text}\n`) && problem === undefined ? 0 : 1
  },
})

async function statusAt(client: ReturnType<typeof clientOf>, url: URL): Promise<IntakeStatus> {
  try {
    const response = await request(client, url, timeoutMs)
    if (response.ok) return (await response.json()) as IntakeStatus
    throw unreachable(url, `the answer is ${response.status}: ${(await response.text()).slice(0, 200).trim()}`)
  } catch (error) {
    if (error instanceof Fault) throw error
    throw unreachable(url, problemOf(error))
  }
}

function unreachable(url: URL, reason: string): Fault {
  return new Fault('server-unavailable', `cannot ask ${url.href}: ${reason}`, {
    hint: 'is Eyas running with the source k8s_audit, and listening there? See --server',
  })
}

function problemIn({ silentSeconds, accepted, malformed, busy }: IntakeStatus, silence: number): string | undefined {
  if (silentSeconds === null) return 'no event has come yet: look at the log of kube-apiserver, and at its flags (eyas audit apiserver)'
  if (silentSeconds > silence) return `nothing has come for ${Math.round(silentSeconds)} s`
  if (malformed > accepted) return 'most of what comes is malformed'
  return busy ? 'more comes than can be taken in' : undefined
}

function describe(status: IntakeStatus): string {
  const { accepted, duplicates, malformed, refused, silentSeconds, lagSeconds, perMinute } = status
  return [
    `events       ${accepted} accepted, ${perMinute} in the last minute`,
    `last event   ${silentSeconds === null ? 'none yet' : `${silentSeconds.toFixed(1)} s ago, ${lagSeconds === null ? '' : `${lagSeconds.toFixed(1)} s after it happened`}`}`,
    `sent again   ${duplicates}`,
    `malformed    ${malformed}`,
    `put off      ${refused} requests`,
  ].join('\n')
}

function secondsOf(text: string | undefined): number {
  if (text === undefined) return 300
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Fault('flag-invalid', `--silence takes a number of seconds, not '${text}'`)
}
