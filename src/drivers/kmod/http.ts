import { existsSync, readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'

/** How repositories are reached. */
export interface HttpOptions {
  /** Of one try, from its start to its last byte. */
  readonly timeoutMs: number
  /** Takes any certificate. */
  readonly insecure: boolean
  /** Sent to repositories, and not to where they redirect. */
  readonly headers: ReadonlyMap<string, string>
  /** Where proxies and certificate authorities are named: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, NODE_EXTRA_CA_CERTS. */
  readonly env: Readonly<Record<string, string | undefined>>
}

const mostRedirects = 5

/**
 * One GET, through proxies and redirects.
 *
 * @throws Fault `download-failed`, and what `fetch` throws, which `networkProblem` says in words.
 */
export async function get(url: string, options: HttpOptions, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
  let at = webUrl(url)
  const { origin } = at
  for (let i = 0; i <= mostRedirects; i++) {
    const own = at.origin === origin ? Object.fromEntries(options.headers) : {}
    const proxy = proxyFor(at, options.env)
    const response = await fetch(at, {
      // What comes is checked byte by byte: as it is stored, not packed for the way.
      headers: { 'accept-encoding': 'identity', 'user-agent': 'eyas', ...own, ...headers },
      redirect: 'manual',
      signal,
      ...(proxy !== undefined && { proxy }),
      ...(at.protocol === 'https:' && { tls: tlsOf(options) }),
    } as RequestInit)
    const next = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || next === null) return response
    await response.body?.cancel()
    at = redirected(at, next)
  }
  throw new Fault('download-failed', `it redirects more than ${mostRedirects} times`)
}

/** @throws Fault `download-failed` for what is no URL of the web. */
export function webUrl(text: string): URL {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text)
  throw new Fault('download-failed', `'${text.slice(0, 200)}' is no http:// or https:// URL`)
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? webUrl(new URL(location, from).href) : undefined
  if (to === undefined) throw new Fault('download-failed', `it redirects to '${location.slice(0, 200)}', which is no URL`)
  if (from.protocol === 'https:' && to.protocol === 'http:') throw new Fault('download-failed', 'it redirects from https to http')
  return to
}

/** The proxy for a URL; undefined where it is reached directly. */
export function proxyFor(url: URL, env: HttpOptions['env']): string | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const proxy = env[name] || env[name.toUpperCase()] || env.all_proxy || env.ALL_PROXY
  if (!proxy || isExempt(url, env.no_proxy || env.NO_PROXY || '')) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isExempt({ hostname, port }: URL, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      const [, name = entry, wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
      const domain = name.replace(/^\*?\./, '')
      return (hostname === domain || hostname.endsWith(`.${domain}`)) && (wantedPort === undefined || wantedPort === port)
    })
}

// Where distributions keep the authorities that they, and whoever runs the machine, trust.
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

function tlsOf({ insecure, env }: HttpOptions): Record<string, unknown> {
  if (insecure) return { rejectUnauthorized: false }
  const bundle = env.SSL_CERT_FILE || bundles.find((path) => existsSync(path))
  const files = [bundle, env.NODE_EXTRA_CA_CERTS].filter((file) => file !== undefined && file !== '')
  return files.length === 0 ? {} : { ca: files.map((file) => certificates(file as string)) }
}

function certificates(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('download-failed', `the certificates in ${path} cannot be read: ${fileProblem(cause)}`, { cause })
  }
}

const words: Readonly<Record<string, string>> = {
  ConnectionClosed: 'the connection was closed',
  ConnectionRefused: 'nothing listens there',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'the host is not known (no network, or no name service?)',
  EAI_AGAIN: 'the host is not known (no network, or no name service?)',
  ENETUNREACH: 'the network is not there',
  FailedToOpenSocket: 'the host is not there (no network, or no name service?)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate signed itself: name its authority in SSL_CERT_FILE, or use --http-insecure',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known: name it in SSL_CERT_FILE, or use --http-insecure',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known: name it in SSL_CERT_FILE, or use --http-insecure',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known: name it in SSL_CERT_FILE, or use --http-insecure',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known: name it in SSL_CERT_FILE, or use --http-insecure',
}

/** Why a request got no answer, in a few words. */
export function networkProblem(error: unknown, timeoutMs: number): string {
  if (error instanceof Fault) return error.message
  const { code, name, message = String(error) } = error as { readonly code?: unknown; readonly name?: string; readonly message?: string }
  if (name === 'TimeoutError') return `not done within ${timeoutMs / 1000} s (--http-timeout)`
  return words[String(code)] ?? message
}
