import { readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import type { Flag } from '../flags.ts'

/** The flags by which a command reaches the webhook. */
export const clientFlags = [
  { name: 'server', long: 'server', arg: 'URL', help: 'Where Eyas listens (default http://127.0.0.1:9765/k8s-audit).' },
  { name: 'ca', long: 'ca', arg: 'FILE', help: 'PEM file with the authority that signed its certificate.' },
  { name: 'tokenFile', long: 'token-file', arg: 'FILE', help: 'File with the token that it asks for.' },
  { name: 'cert', long: 'client-cert', arg: 'FILE', help: 'PEM file with the certificate to show.' },
  { name: 'key', long: 'client-key', arg: 'FILE', help: 'PEM file with its key.' },
  { name: 'insecure', long: 'insecure', help: 'Take any certificate.' },
] as const satisfies readonly Flag[]

export interface ClientArgs {
  readonly server: string | undefined
  readonly ca: string | undefined
  readonly tokenFile: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly insecure: boolean
}

/** Where to send, and as whom. */
export interface Client {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Readonly<Record<string, unknown>>
}

/**
 * Reads what the flags name.
 *
 * @throws Fault `flag-invalid`, `file-unreadable`.
 */
export function clientOf(args: ClientArgs): Client {
  const text = args.server ?? 'http://127.0.0.1:9765/k8s-audit'
  if (!URL.canParse(text))
    throw new Fault('flag-invalid', `--server takes a URL, not '${text}'`, { hint: 'write --server http://HOST:9765/k8s-audit' })
  const url = new URL(text)
  if (url.pathname === '/') url.pathname = '/k8s-audit'
  return {
    url,
    headers: args.tokenFile === undefined ? {} : { Authorization: `Bearer ${readText(args.tokenFile).trim()}` },
    tls: {
      ...(args.ca !== undefined && { ca: readText(args.ca) }),
      ...(args.cert !== undefined && { cert: readText(args.cert) }),
      ...(args.key !== undefined && { key: readText(args.key) }),
      ...(args.insecure && { rejectUnauthorized: false }),
    },
  }
}

/** Asks, and gives up after `timeoutMs`; what keeps the answer from coming is thrown as it comes. */
export function request({ headers, tls }: Client, url: URL, timeoutMs: number, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    ...init,
    headers: { ...headers, ...(init.headers as Record<string, string>) },
    tls,
    signal: AbortSignal.timeout(timeoutMs),
  } as RequestInit)
}

const reasons: Readonly<Record<string, string>> = {
  ConnectionClosed: 'the connection was closed',
  ConnectionRefused: 'nothing listens there',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  EPROTO: 'no agreement on TLS: is it http, or does it want a certificate?',
  ENOTFOUND: 'the host is not known',
  ETIMEDOUT: 'no answer in time',
  FailedToOpenSocket: 'the host is not there',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate signed itself: name it with --ca',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known: name it with --ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known: name it with --ca',
}

/** Why a request got no answer, in a few words. */
export function problemOf(error: unknown): string {
  const { code, name, message = String(error) } = error as { readonly code?: unknown; readonly name?: string; readonly message?: string }
  if (name === 'TimeoutError') return 'no answer in time'
  return reasons[String(code)] ?? message
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read ${path}: ${fileProblem(cause)}`, { hint: 'check the path and who may read it', cause })
  }
}
