import { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Settings } from '../../config/keys.ts'
import { type Check, type Finding, failed, ok, skipped, warning, withSettings } from './check.ts'

// Where alerts go, and what the program writes else.

const connectMs = 3000
const lowBytes = 256 * 1024 * 1024
const soonMs = 14 * 86_400_000

export const outputChecks: readonly Check[] = [
  {
    name: 'outputs',
    look: withSettings((settings) => {
      const names = ['stdout', 'syslog', 'file', 'program', 'http'] as const
      const enabled = names.filter((name) => settings[`${name}_output.enabled`])
      return enabled.length > 0 ? ok(enabled.join(', ')) : failed('none is enabled', 'stdout_output.enabled: true')
    }),
  },
  {
    name: 'syslog',
    look: withSettings((settings) => {
      if (!settings['syslog_output.enabled'] && !settings.log_syslog) return skipped('not enabled')
      return existsSync('/dev/log') ? ok('/dev/log') : failed('nobody takes messages at /dev/log', 'start rsyslog or systemd-journald')
    }),
  },
  {
    name: 'file',
    look: withSettings((settings) => {
      const path = settings['file_output.filename']
      return settings['file_output.enabled'] ? writable(existsSync(path) ? path : dirname(path), path) : skipped('not enabled')
    }),
  },
  {
    name: 'http',
    look: withSettings((settings) =>
      settings['http_output.enabled'] ? lookAtReceiver(settings['http_output.url']) : skipped('not enabled'),
    ),
  },
  { name: 'certificates', look: withSettings(lookAtCertificates) },
  {
    name: 'spool',
    look: withSettings((settings) => {
      if (!settings['outputs_spool.enabled']) return skipped('not enabled: what an output cannot take is lost with the program')
      const path = settings['outputs_spool.directory']
      return writable(existingParent(path), path)
    }),
  },
  {
    name: 'disk',
    look: withSettings((settings) => {
      const paths = [
        ...(settings['file_output.enabled'] ? [dirname(settings['file_output.filename'])] : []),
        ...(settings['outputs_spool.enabled'] ? [settings['outputs_spool.directory']] : []),
      ].map(existingParent)
      const low = paths.map((path) => ({ path, free: freeBytes(path) })).filter(({ free }) => free < lowBytes)
      if (paths.length === 0) return skipped('nothing is written to a disk')
      if (low.length === 0) return ok(`there is room at ${[...new Set(paths)].join(' and ')}`)
      return warning(
        low.map(({ path, free }) => `${Math.round(free / 1024 / 1024)} MB are left at ${path}`).join('; '),
        'make room, or write elsewhere',
      )
    }),
  },
]

function writable(path: string, what: string): Finding {
  try {
    accessSync(path, constants.W_OK)
    return ok(what)
  } catch (error) {
    const { code } = error as { code?: string }
    const hint =
      code === 'EROFS' ? 'in the service: systemctl edit eyas, [Service], ReadWritePaths=' : 'make the directory, or mend its owner'
    return failed(`${what} cannot be written (${code})`, hint)
  }
}

async function lookAtReceiver(url: string): Promise<Finding> {
  const { hostname, port, protocol } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  try {
    await lookup(host)
  } catch {
    return failed(`the name ${host} cannot be resolved`, 'mend http_output.url, or the name servers of this host')
  }
  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  return (await connects(host, number)) ?? ok(`${host}:${number} takes connections`)
}

async function connects(hostname: string, port: number): Promise<Finding | undefined> {
  const { promise, resolve } = Promise.withResolvers<Finding | undefined>()
  const refused = (why: string) =>
    failed(`${hostname}:${port} ${why}`, 'start the receiver, or mend http_output.url; with outputs_spool alerts wait for it')
  const timer = setTimeout(() => resolve(refused(`does not answer within ${connectMs / 1000} s`)), connectMs)
  const open = (socket: { end(): unknown }) => {
    socket.end()
    resolve(undefined)
  }
  const socket = { data: () => undefined, open }
  Bun.connect({ hostname, port, socket }).catch(() => resolve(refused('takes no connection')))
  return promise.finally(() => clearTimeout(timer))
}

function lookAtCertificates(settings: Settings): Finding {
  if (!settings['http_output.enabled'] || !settings['http_output.url'].startsWith('https:')) return skipped('no output uses TLS')
  const named = ['http_output.ca_cert', 'http_output.ca_bundle'] as const
  const client = settings['http_output.mtls'] ? ([settings['http_output.client_cert'], settings['http_output.client_key']] as const) : []
  const files = [...named.map((key) => settings[key]).filter((path) => path !== ''), ...client]
  const missing = files.filter((path) => !isReadable(path))
  if (missing.length > 0) return failed(`${missing.join(' and ')} cannot be read`, 'mend the paths, or who may read them')
  if (settings['http_output.insecure'])
    return warning("the receiver's certificate is not checked", 'http_output.insecure: false, and ca_cert')
  const directory = settings['http_output.ca_path']
  if (files.length === 0 && !hasCertificates(directory))
    return failed(`there is no CA certificate in ${directory}`, 'install ca-certificates, or name http_output.ca_cert')
  return lookAtDates(files) ?? ok(files.length > 0 ? files.join(', ') : directory)
}

function lookAtDates(files: readonly string[]): Finding | undefined {
  for (const path of files.filter((each) => readFileSync(each, 'latin1').includes('BEGIN CERTIFICATE'))) {
    const end = Date.parse(new X509Certificate(readFileSync(path)).validTo)
    if (end < Date.now()) return failed(`${path} was valid until ${new Date(end).toISOString()}`, 'renew it')
    if (end < Date.now() + soonMs) return warning(`${path} is valid until ${new Date(end).toISOString()}`, 'renew it')
  }
  return undefined
}

function hasCertificates(directory: string): boolean {
  return existsSync(directory) && readdirSync(directory).some((name) => /\.(pem|crt)$/.test(name) && existsSync(join(directory, name)))
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function existingParent(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingParent(dirname(path))
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}
