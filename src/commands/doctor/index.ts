import { Fault } from '../../base/fault.ts'
import { twoColumns } from '../../base/layout.ts'
import { print } from '../../base/print.ts'
import type { Settings } from '../../config/keys.ts'
import { chooseDriver } from '../../drivers/index.ts'
import { defineCommand } from '../command.ts'
import { callOf, openPlainContext, openSilentContext } from '../context.ts'
import { flagNamed } from '../flags.ts'
import { explain } from '../shared/explain.ts'
import type { Check, Finding, Patient } from './check.ts'
import { fileChecks } from './files.ts'
import { hostChecks } from './host.ts'
import { kernelChecks } from './kernel.ts'
import { outputChecks } from './outputs.ts'
import { serviceChecks } from './service.ts'

const checks: readonly Check[] = [...fileChecks, ...kernelChecks, ...hostChecks, ...outputChecks, ...serviceChecks]

interface Result extends Finding {
  readonly name: string
  /** What the look took. */
  readonly ms: number
}

/** `eyas doctor`. */
export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Looks at all that it takes to run here, and says the way out of what is missing.',
  usage: '[OPTION...]',
  flags: [
    { ...flagNamed('config'), help: 'With this configuration instead of /etc/falco/falco.yaml.' },
    flagNamed('option'),
    { name: 'json', long: 'json', help: 'Print one JSON array.' },
  ],
  details: `It changes nothing: eBPF programs are loaded and unloaded again, without being attached.

Exit code: 0 where it can run, also with warnings; 1 where something failed.`,
  run: async ({ args, rest, ...call }) => {
    if (rest.length > 0) throw new Fault('flag-invalid', `doctor takes no '${rest[0]}'`, { hint: 'see eyas doctor --help' })
    const patient = patientOf(call, args)
    const results: Result[] = []
    for (const check of checks) {
      const result = await lookAt(check, patient)
      results.push(result)
      if (!args.json) print(`${lineOf(result)}\n`)
    }
    if (args.json) print(`${JSON.stringify(results)}\n`)
    else print(`\n${summaryOf(results)}\n`)
    return results.some(({ verdict }) => verdict === 'failed') ? 1 : 0
  },
})

type Given = Parameters<typeof callOf>[0]

function patientOf(call: Given, { config, option }: { readonly config: string | undefined; readonly option: readonly string[] }): Patient {
  const { env } = call
  const hostRoot = env.HOST_ROOT ?? ''
  try {
    const context = openSilentContext(callOf(call, { config, option }))
    return { env, hostRoot, context, configFault: '', ...withDriver(context.config.settings) }
  } catch (error) {
    const { settings } = openPlainContext(callOf(call, {})).config
    return { env, hostRoot, context: undefined, configFault: explain(error).join('; '), ...withDriver(settings) }
  }
}

function withDriver(settings: Settings) {
  const kind = settings['engine.kind']
  if (kind !== 'auto') return { settings, driver: kind, driverReasons: [] }
  const { name, reasons } = chooseDriver() ?? { name: 'nodriver' as const, reasons: [] }
  return { settings, driver: name, driverReasons: reasons }
}

async function lookAt({ name, look }: Check, patient: Patient): Promise<Result> {
  const begin = performance.now()
  const finding = await attempt(look, patient)
  return { name, ...finding, ms: Math.round((performance.now() - begin) * 10) / 10 }
}

// A look that breaks off says something, too.
async function attempt(look: Check['look'], patient: Patient): Promise<Finding> {
  try {
    return await look(patient)
  } catch (error) {
    return { verdict: 'warning', text: `it cannot be told: ${(error as Error).message}`, hint: 'do this as root' }
  }
}

const marks: Readonly<Record<Finding['verdict'], string>> = { ok: 'ok', warning: 'WARNING', failed: 'FAILED', skipped: '-' }

function lineOf({ name, verdict, text, hint, ms }: Result): string {
  const lines = [twoColumns(`${marks[verdict].padEnd(8)} ${`${ms.toFixed(1)} ms`.padStart(9)}  ${name}`, text, 34, 120)]
  if (hint !== undefined) lines.push(twoColumns('', `-> ${hint}`, 34, 120))
  return lines.join('\n')
}

function summaryOf(results: readonly Result[]): string {
  const count = (verdict: Finding['verdict']) => results.filter((result) => result.verdict === verdict).length
  const [bad, meh] = [count('failed'), count('warning')]
  if (bad > 0) return `It cannot run as it should: ${bad} failed, ${meh} warnings.`
  return meh > 0 ? `It can run; ${meh} warnings.` : 'All is in order.'
}
