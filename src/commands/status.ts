import { existsSync } from 'node:fs'
import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { eyasVersion } from '../base/version.ts'
import { defineCommand } from './command.ts'
import type { Status } from './shared/status.ts'
import { askStatus, statusDirectory, statusSockets } from './shared/status_socket.ts'
import { statusText } from './shared/status_text.ts'

const answerMs = 5000
// As systemctl's: it does not run.
const notRunning = 3

/** `eyas status`. */
export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Says how the agents are that run on this host: health, events, alerts, outputs and spool.',
  usage: '[OPTION...]',
  flags: [{ name: 'json', long: 'json', help: 'Print one JSON array, an object for each agent.' }],
  details: `Exit code: 0 where all that run are in order, 1 where one is not or does not answer, 3 where none
runs. Agents answer at /run/eyas, to the user that they run as.`,
  run: async ({ args, rest, env }) => {
    if (rest.length > 0) throw new Fault('flag-invalid', `status takes no '${rest[0]}'`, { hint: 'see eyas status --help' })
    const directory = statusDirectory(env)
    const answers = await Promise.all([...socketsIn(directory)].map(([pid, path]) => ask(pid, path)))
    if (args.json) print(`${JSON.stringify(answers)}\n`)
    else if (answers.length === 0) print('No agent runs on this host (eyas install --start makes it a service).\n')
    else print(answers.map(textOf).join('\n'))
    if (answers.length === 0) return notRunning
    return answers.every((answer) => 'health' in answer && answer.health.status === 'ok') ? 0 : 1
  },
})

interface Silence {
  readonly pid: number
  readonly error: string
}

function socketsIn(directory: string): ReadonlyMap<number, string> {
  if (!existsSync(directory)) return new Map()
  try {
    return statusSockets(directory)
  } catch (cause) {
    throw new Fault('status-refused', `cannot look into ${directory}`, {
      hint: 'ask as the user that the agent runs as: sudo eyas status',
      cause,
    })
  }
}

async function ask(pid: number, path: string): Promise<Status | Silence> {
  try {
    return await askStatus(path, answerMs)
  } catch (error) {
    return { pid, error: (error as Error).message }
  }
}

function textOf(answer: Status | Silence): string {
  if ('health' in answer) return statusText(answer, Date.now(), eyasVersion)
  return `Agent ${answer.pid} does not say how it is: ${answer.error}\n  it may hang: see its log, and end it with kill ${answer.pid}\n`
}
