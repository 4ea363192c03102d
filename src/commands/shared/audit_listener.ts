import { readFileSync, statSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import type { Log } from '../../base/log.ts'
import type { AuditInput, AuditOptions } from '../../plugins/k8s_audit/options.ts'
import { IntakeServer } from '../../server/intake_server.ts'
import { formatPlace } from '../../server/place.ts'
import type { IntakeRoute } from '../../server/routes/route.ts'
import { every } from './timers.ts'

type Webhook = Extract<AuditInput, { kind: 'webhook' }>

// How often it is looked whether certificates have changed.
const lookMs = 2000
// How long those who send have for the answers to what they sent.
const drainMs = 3000
// kube-apiserver keeps a connection for 90 s; who closes it first cuts off what is just sent.
const idleMs = 120_000
const headersMs = 10_000

/** Listens for kube-apiserver at an address of its own, and shows new certificates when their files change. */
export class AuditListener {
  readonly #server: IntakeServer
  readonly #end: () => void

  private constructor(server: IntakeServer, end: () => void) {
    this.#server = server
    this.#end = end
  }

  /**
   * Begins to listen.
   *
   * @throws Fault `webserver-unavailable` where the address cannot be had, or a certificate is none.
   */
  static async open(webhook: Webhook, options: AuditOptions, routes: readonly IntakeRoute[], log: Log): Promise<AuditListener> {
    const { hostname, port, path, isTls } = webhook
    if (!isTls && options.clientCa !== '') throw noTls('clientCa')
    const files = isTls ? [options.sslCertificate, ...(options.clientCa === '' ? [] : [options.clientCa])] : []
    const [pem, clientCa] = files.map(readText)
    const server = await IntakeServer.open({
      address: hostname,
      port,
      pem,
      clientCa,
      routes,
      connections: options.maxRequests,
      idleMs,
      headersMs,
      requestMs: options.requestTimeoutSeconds * 1000,
      onError: (error) => log.error(`The audit webhook failed to answer: ${error.message}`),
      words: {
        server: 'the audit webhook',
        certificate: 'sslCertificate of the plugin k8saudit',
        hint: 'choose another address in open_params of the plugin k8saudit',
      },
    })
    const place = formatPlace(hostname, server.port)
    log.info(
      `Listening for audit events on ${isTls ? 'https' : 'http'}://${place}${path}${clientCa === undefined ? '' : ', from clients with a certificate'}`,
    )
    const listener = new AuditListener(server, files.length === 0 ? () => undefined : every(lookMs, follow(files, server, log)))
    return listener
  }

  /** The port, also where any was asked for. */
  get port(): number {
    return this.#server.port
  }

  close(): Promise<void> {
    this.#end()
    return this.#server.close(drainMs)
  }
}

/** Reads a token from a file, again when the file changes; none where there is no file. */
export function tokenOf(file: string): () => string | undefined {
  if (file === '') return () => undefined
  let known = ''
  let token = readText(file).trim()
  if (token === '')
    throw new Fault('plugin-config', `tokenFile of the plugin k8saudit is empty: ${file}`, { hint: 'put a long random text into it' })
  let nextMs = 0
  return () => {
    if (performance.now() < nextMs) return token
    nextMs = performance.now() + lookMs
    const now = stateOf([file])
    if (now !== known) {
      known = now
      token = attempt(() => readText(file).trim()) || token
    }
    return token
  }
}

/** Looks whether the files changed, and shows what they hold then; what is none is told, and the old ones stay. */
function follow(files: readonly string[], server: IntakeServer, log: Log): () => void {
  let known = stateOf(files)
  return () => {
    const now = stateOf(files)
    if (now === known) return
    known = now
    try {
      const [pem, clientCa] = files.map(readText)
      server.present(server.readCertificate(pem, clientCa))
      log.info('The audit webhook shows its new certificate')
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      log.error(`The audit webhook keeps its old certificate: ${error.message}`)
    }
  }
}

// A file that is replaced by a link, as Kubernetes does with secrets, has another inode.
function stateOf(files: readonly string[]): string {
  return files
    .map((file) => attempt(() => statSync(file)))
    .map((info) => `${info?.ino} ${info?.mtimeMs} ${info?.size}`)
    .join(' ')
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Fault('webserver-unavailable', `cannot read ${file}: ${fileProblem(cause)}`, {
      hint: 'mend init_config of the plugin k8saudit, or who may read the file',
      cause,
    })
  }
}

function noTls(key: string): Fault {
  return new Fault('plugin-config', `${key} of the plugin k8saudit needs https in open_params`, {
    hint: 'write open_params: https://:9765/k8s-audit',
  })
}
