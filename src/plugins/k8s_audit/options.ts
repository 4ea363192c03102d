import { Fault } from '../../base/fault.ts'

/** What `open_params` may be. */
export const openParams: readonly string[] = [
  'http://HOST:PORT/PATH: listens for kube-apiserver; HOST may be missing',
  'https://HOST:PORT/PATH: the same over TLS, with the certificate of init_config',
  'file://PATH: follows the audit log of kube-apiserver',
  'PATH: reads a file, or all files of a directory, and ends',
]

/** Where audit events come from. */
export type AuditInput =
  | { readonly kind: 'webhook'; readonly isTls: boolean; readonly hostname: string; readonly port: number; readonly path: string }
  | { readonly kind: 'log'; readonly path: string }
  | { readonly kind: 'files'; readonly path: string }

export const defaultOpenParams = 'http://:9765/k8s-audit'

/**
 * Reads `open_params`.
 *
 * @throws Fault `plugin-config`.
 */
export function parseOpenParams(text: string): AuditInput {
  const params = text.trim() === '' ? defaultOpenParams : text.trim()
  if (params.startsWith('file://')) return { kind: 'log', path: filePath(params.slice('file://'.length)) }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(params)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'files', path: params }
  if (scheme !== 'http' && scheme !== 'https') throw badParams(params, `k8saudit does not know '${scheme}'`)
  return webhookOf(params, scheme === 'https')
}

// The host may be missing, which no URL allows.
function webhookOf(params: string, isTls: boolean): AuditInput {
  const match = /^https?:\/\/(\[[0-9a-f:.]+\]|[^/:?#]*)(?::(\d+))?(\/[^?#]*)?$/i.exec(params)
  const port = Number(match?.[2] ?? (isTls ? 443 : 80))
  if (match === null || port > 65535) throw badParams(params, `'${params}' is no address to listen on`)
  const host = match[1] ?? ''
  return { kind: 'webhook', isTls, hostname: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port, path: match[3] ?? '/' }
}

function filePath(path: string): string {
  if (path !== '') return path
  throw badParams('file://', 'the path is missing')
}

function badParams(params: string, message: string): Fault {
  return new Fault('plugin-config', `open_params of k8saudit: ${message}`, {
    hint: `write it as ${params.startsWith('file') ? 'file:///var/log/kubernetes/audit.log' : defaultOpenParams}`,
  })
}

/** `init_config` of the plugin. */
export interface AuditOptions {
  /** PEM file with certificate and key. */
  readonly sslCertificate: string
  /** PEM file of the authorities that sign certificates of clients; without one, clients need none. */
  readonly clientCa: string
  /** File with the token that clients must send as `Authorization: Bearer`; without one, they need none. */
  readonly tokenFile: string
  /** Bytes of a body, after decompression. */
  readonly webhookMaxBatchSize: number
  /** Bytes of all bodies that are taken in at once. */
  readonly queueBytes: number
  /** Requests that are answered at once. */
  readonly maxRequests: number
  /** How long a client may take to send a request. */
  readonly requestTimeoutSeconds: number
  /** How many events are remembered, to recognise those that are sent again. */
  readonly duplicateWindow: number
  /** Where following a log begins that was not followed before. */
  readonly startAt: 'beginning' | 'end'
  /** File that remembers how far a log was read, for the next start; empty for none. */
  readonly positionFile: string
}

interface OptionRow {
  readonly type: 'string' | 'integer'
  readonly fallback: string | number
  readonly min?: number
  readonly values?: readonly string[]
  readonly help: string
}

const rows = {
  sslCertificate: { type: 'string', fallback: '/etc/falco/falco.pem', help: 'PEM file with certificate and key, for https.' },
  clientCa: { type: 'string', fallback: '', help: 'PEM file of authorities: clients must show a certificate that one of them signed.' },
  tokenFile: { type: 'string', fallback: '', help: 'File with a token: clients must send it as Authorization: Bearer.' },
  webhookMaxBatchSize: {
    type: 'integer',
    fallback: 12 * 1024 * 1024,
    min: 1024,
    help: 'Largest body of a request, in bytes, after decompression.',
  },
  queueBytes: {
    type: 'integer',
    fallback: 48 * 1024 * 1024,
    min: 1024,
    help: 'Bytes of all bodies that are taken in at once; more are asked to come again.',
  },
  maxRequests: { type: 'integer', fallback: 256, min: 1, help: 'Requests that are taken in at once; more are asked to come again.' },
  requestTimeoutSeconds: { type: 'integer', fallback: 30, min: 1, help: 'How long a client may take to send a request.' },
  duplicateWindow: {
    type: 'integer',
    fallback: 65_536,
    min: 0,
    help: 'How many events are remembered, so that they count once when they are sent again.',
  },
  startAt: { type: 'string', fallback: 'beginning', values: ['beginning', 'end'], help: 'Where following a log begins the first time.' },
  positionFile: {
    type: 'string',
    fallback: '/var/lib/eyas/k8s_audit_position.json',
    help: 'File that remembers how far a log was read, for the next start; empty for none.',
  },
} as const satisfies Readonly<Record<keyof AuditOptions, OptionRow>>

// Keys of the plugin of Falco that have no meaning here.
const ignored: Readonly<Record<string, string>> = {
  maxEventSize: 'Has no effect here: an event may be as large as a body.',
  useAsync: 'Has no effect here.',
}

export const initSchema: Readonly<Record<string, unknown>> = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: ['object', 'string', 'null'],
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(
      Object.entries<OptionRow>(rows).map(([name, { type, fallback, help, min, values }]) => [
        name,
        { type, description: help, default: fallback, ...(min !== undefined && { minimum: min }), ...(values && { enum: values }) },
      ]),
    ),
    ...Object.fromEntries(Object.entries(ignored).map(([name, description]) => [name, { description }])),
  },
}

/**
 * Reads `init_config`: a JSON object as text, or nothing.
 *
 * @throws Fault `plugin-config`.
 */
export function parseOptions(text: string): AuditOptions {
  const given = text.trim() === '' ? {} : objectOf(text)
  const options: Record<string, string | number> = {}
  for (const [name, row] of Object.entries<OptionRow>(rows)) options[name] = optionValue(name, row, given[name])
  const unknown = Object.keys(given).find((name) => !(name in rows) && !(name in ignored))
  if (unknown !== undefined) throw badOption(`there is no '${unknown}'`, `there are ${Object.keys(rows).join(', ')}`)
  return options as unknown as AuditOptions
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badOption('it is neither a map nor JSON', 'write it as a map of YAML')
  }
  if (value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  throw badOption('it is no map', 'write it as a map of YAML')
}

function optionValue(name: string, row: OptionRow, given: unknown): string | number {
  if (given === undefined || given === null) return row.fallback
  if (row.type === 'string') {
    if (typeof given === 'string' && (row.values?.includes(given) ?? true)) return given
    throw badOption(`'${name}' is ${row.values ? `one of ${row.values.join(', ')}` : 'a text'}, not ${JSON.stringify(given)}`, row.help)
  }
  // A map of YAML is handed on with its scalars as texts.
  const number = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= (row.min ?? 0)) return number
  throw badOption(`'${name}' is a whole number${row.min ? ` from ${row.min}` : ''}, not ${JSON.stringify(given)}`, row.help)
}

function badOption(message: string, hint: string): Fault {
  return new Fault('plugin-config', `init_config of k8saudit: ${message}`, { hint })
}
