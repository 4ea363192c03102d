import { Fault } from '../../base/fault.ts'
import type { Log } from '../../base/log.ts'
import { sendToSystemLog } from '../../capture/system_log.ts'
import type { Settings } from '../../config/keys.ts'
import type { Alert } from '../../engine/alert.ts'
import { type AlertFormat, formatAlert } from '../../engine/alert_format.ts'
import { outputs } from '../../outputs/index.ts'
import type { Output } from '../../outputs/output.ts'
import { OutputQueue } from '../../outputs/shared/queue.ts'
import { systemLogTag } from '../context.ts'

// What a queue holds where the configuration sets no limit of its own: about 100 MB of large alerts.
const defaultCapacity = 100_000

// How long the outputs have for the last alerts when the program ends.
const closeMs = 5000

/** The outputs that the configuration enables, each behind its own queue. */
export class AlertOutputs {
  readonly queues: readonly OutputQueue[]
  readonly #format: AlertFormat

  constructor(opened: readonly Output[], settings: Settings, log: Log) {
    const capacity = settings['outputs_queue.capacity'] || defaultCapacity
    this.queues = opened.map((output) => new OutputQueue(output, { capacity, slowMs: settings.output_timeout, log }))
    this.#format = alertFormat(settings)
  }

  /** Hands an alert to every output; never waits. */
  add(alert: Alert): void {
    const message = { line: formatAlert(alert, this.#format), priority: alert.priority }
    for (const queue of this.queues) queue.push(message)
  }

  reopen(): void {
    for (const queue of this.queues) queue.reopen()
  }

  /** Resolves when all alerts so far are written, or after `limitMs`. */
  async settle(limitMs: number): Promise<void> {
    const busy = this.queues.filter((queue) => queue.isBusy)
    if (busy.length === 0) return
    const { promise: tooLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, limitMs)
    await Promise.race([Promise.all(busy.map((queue) => queue.settle())), tooLate])
    clearTimeout(timer)
  }

  /** Writes all that waits and closes the outputs. */
  async close(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close(closeMs)))
  }
}

/**
 * Opens the outputs of a configuration.
 *
 * @throws Fault `config-invalid` where none is enabled.
 */
export function openOutputs(settings: Settings, log: Log): AlertOutputs {
  const opened = [
    ...(settings['stdout_output.enabled'] ? [outputs.stdout()] : []),
    ...(settings['syslog_output.enabled'] ? [syslogOutput()] : []),
    ...(settings['file_output.enabled'] ? [fileOutput(settings)] : []),
    ...(settings['program_output.enabled'] ? [programOutput(settings)] : []),
    ...(settings['http_output.enabled'] ? [httpOutput(settings)] : []),
  ]
  if (opened.length > 0) return new AlertOutputs(opened, settings, log)
  throw new Fault('config-invalid', 'No output configured, please make sure at least one output is configured and enabled.', {
    hint: 'add -o stdout_output.enabled=true',
  })
}

function alertFormat(settings: Settings): AlertFormat {
  return {
    isJson: settings.json_output,
    isIso8601: settings.time_format_iso_8601,
    hasOutput: settings.json_include_output_property,
    hasMessage: settings.json_include_message_property,
    hasTags: settings.json_include_tags_property,
    hasOutputFields: settings.json_include_output_fields_property,
  }
}

function syslogOutput(): Output {
  return outputs.syslog({ send: (severity, text) => sendToSystemLog(systemLogTag, severity, text) })
}

function fileOutput(settings: Settings): Output {
  return outputs.file({ filename: settings['file_output.filename'], keepAlive: settings['file_output.keep_alive'] })
}

function programOutput(settings: Settings): Output {
  return outputs.program({ program: settings['program_output.program'], keepAlive: settings['program_output.keep_alive'] })
}

function httpOutput(settings: Settings): Output {
  const client = { cert: settings['http_output.client_cert'], key: settings['http_output.client_key'] }
  return outputs.http({
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
  })
}
