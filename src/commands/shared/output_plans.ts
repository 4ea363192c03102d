import { statSync } from 'node:fs'
import { Fault } from '../../base/fault.ts'
import { makePipe } from '../../capture/pipe.ts'
import { type Sent, sendToSystemLog } from '../../capture/system_log.ts'
import { durationMs } from '../../config/duration.ts'
import type { Settings } from '../../config/keys.ts'
import { outputs } from '../../outputs/index.ts'
import type { Output } from '../../outputs/output.ts'
import type { RotationOptions } from '../../outputs/shared/rotation.ts'
import { systemLogTag } from '../context.ts'

const bytesPerMb = 1024 * 1024

/** An output that a configuration asks for. */
export interface Plan {
  /** The same where nothing that it depends on has changed. */
  readonly key: string
  readonly name: string
  /** @throws Fault where it is clear by now that it will not work. */
  readonly open: () => Output
}

/**
 * The outputs that are enabled.
 *
 * @throws Fault `config-invalid` where none is.
 */
export function plansOf(settings: Settings): Plan[] {
  const plans = Object.entries(planners).flatMap(([name, plan]) =>
    settings[`${name as OutputName}_output.enabled`] ? [plan(settings)] : [],
  )
  if (plans.length > 0) return plans
  throw new Fault('config-invalid', 'No output configured, please make sure at least one output is configured and enabled.', {
    hint: 'add -o stdout_output.enabled=true',
  })
}

// By the name of each section in falco.yaml, `NAME_output`.
const planners = {
  stdout: () => planOf('stdout', {}, outputs.stdout),
  syslog: () => planOf('syslog', { send: sendAlert }, outputs.syslog),
  file: (settings) => {
    const options = { filename: settings['file_output.filename'], keepAlive: settings['file_output.keep_alive'] }
    return planOf('file', { ...options, ...rotationOf(settings) }, outputs.file)
  },
  program: (settings) =>
    planOf(
      'program',
      { program: settings['program_output.program'], keepAlive: settings['program_output.keep_alive'], pipe: makePipe },
      outputs.program,
    ),
  http: httpPlan,
} satisfies Record<string, (settings: Settings) => Plan>

type OutputName = keyof typeof planners

function rotationOf(settings: Settings): { rotate?: RotationOptions } {
  const maxBytes = settings['file_output.rotate.max_size_mb'] * bytesPerMb
  const maxAgeMs = durationMs(settings['file_output.rotate.max_age']) ?? 0
  if (maxBytes === 0 && maxAgeMs === 0) return {}
  return { rotate: { maxBytes, maxAgeMs, keep: settings['file_output.rotate.keep'], compress: settings['file_output.rotate.compress'] } }
}

function sendAlert(severity: number, text: string): Sent {
  return sendToSystemLog(systemLogTag, severity, text)
}

function httpPlan(settings: Settings): Plan {
  const client = { cert: settings['http_output.client_cert'], key: settings['http_output.client_key'] }
  const options = {
    url: settings['http_output.url'],
    isJson: settings.json_output,
    userAgent: settings['http_output.user_agent'],
    insecure: settings['http_output.insecure'],
    echo: settings['http_output.echo'],
    caCert: settings['http_output.ca_cert'],
    caBundle: settings['http_output.ca_bundle'],
    caPath: settings['http_output.ca_path'],
    client: settings['http_output.mtls'] ? client : undefined,
    compress: settings['http_output.compress_uploads'],
    keepAlive: settings['http_output.keep_alive'],
    maxConsecutiveTimeouts: settings['http_output.max_consecutive_timeouts'],
    timeoutMs: settings.output_timeout,
  }
  // They are read once: renewed certificates make another output of it.
  const files = [options.caCert, options.caBundle, options.caPath, client.cert, client.key]
  return planOf('http', options, outputs.http, files)
}

function planOf<O>(name: string, options: O, open: (options: O) => Output, files: readonly string[] = []): Plan {
  return { key: JSON.stringify([name, options, files.map(changedMs)]), name, open: () => open(options) }
}

function changedMs(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}
