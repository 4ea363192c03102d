import { existsSync, readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { driverKinds, engineKindIn, withEngineKind } from '../../config/driver_file.ts'
import { find, texts } from '../../config/read.ts'
import { type Mapping, parseTree, type Tree } from '../../config/tree.ts'
import type { Journal } from '../../drivers/kmod/journal.ts'
import { problemOf } from '../audit/client.ts'
import type { Environment } from '../context.ts'

export interface ConfigMapRequest {
  readonly namespace: string
  readonly configmap: string
  readonly kubeconfig: string | undefined
  readonly kind: string
  readonly isDryRun: boolean
  readonly env: Environment
}

/** How to reach an API server. */
interface Cluster {
  readonly server: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Readonly<Record<string, unknown>>
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'
const timeoutMs = 30_000
const key = 'falco.yaml'

/**
 * Sets `engine.kind` in the falco.yaml of a ConfigMap, where a driver is chosen there.
 *
 * @throws Fault `cluster-unreachable`, `config-syntax`, `kubeconfig-invalid`.
 */
export async function updateConfigMap(request: ConfigMapRequest, journal: Journal): Promise<void> {
  const { namespace, configmap, kind, isDryRun } = request
  const cluster = request.kubeconfig === undefined ? inCluster(request.env) : fromKubeconfig(request.kubeconfig)
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(configmap)}`
  const what = `change ${key} of ConfigMap ${namespace}/${configmap}`
  const { data } = (await ask(cluster, path, { method: 'GET' })) as { readonly data?: Readonly<Record<string, string>> }
  const text = data?.[key]
  if (text === undefined) throw new Fault('cluster-unreachable', `the ConfigMap ${namespace}/${configmap} has no ${key}`)
  const present = engineKindIn(text, key) ?? 'kmod'
  if (!driverKinds.has(present)) return journal.skip(what, `engine.kind is ${present}, which is no driver`)
  if (present === kind) return journal.skip(what, `engine.kind is ${kind} already`)
  if (isDryRun) return journal.plan(what, `engine.kind: ${kind}`)
  const body = JSON.stringify({ data: { [key]: withEngineKind(text, key, kind) } })
  await ask(cluster, path, { method: 'PATCH', body, headers: { 'content-type': 'application/merge-patch+json' } })
  journal.done(what, `engine.kind: ${kind}`)
}

async function ask({ server, headers, tls }: Cluster, path: string, init: RequestInit): Promise<unknown> {
  const url = `${server.replace(/\/+$/, '')}${path}`
  let response: Response
  try {
    const all = { accept: 'application/json', ...headers, ...(init.headers as Record<string, string>) }
    response = await fetch(url, { ...init, headers: all, tls, signal: AbortSignal.timeout(timeoutMs) } as RequestInit)
  } catch (error) {
    throw new Fault('cluster-unreachable', `${url}: ${problemOf(error)}`)
  }
  if (response.ok) return response.json()
  const hint =
    response.status === 403 ? 'its role must allow get and patch of this ConfigMap' : 'check --namespace, --configmap and --kubeconfig'
  throw new Fault('cluster-unreachable', `${url}: the server answers ${response.status}`, { hint })
}

function inCluster(env: Environment): Cluster {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  if (!host || !existsSync(`${serviceAccount}/token`))
    throw new Fault('cluster-unreachable', 'this is no pod of a cluster', { hint: 'name a --kubeconfig' })
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    headers: { authorization: `Bearer ${readText(`${serviceAccount}/token`).trim()}` },
    tls: { ca: readText(`${serviceAccount}/ca.crt`) },
  }
}

// The context that is current, with its token or its certificate; programs that make tokens are not run.
function fromKubeconfig(path: string): Cluster {
  const tree = parseTree(readText(path), path)
  const context = named(tree, 'contexts', one(tree, 'current-context'), path)
  const cluster = named(tree, 'clusters', one(context, 'context.cluster'), path)
  const user = named(tree, 'users', one(context, 'context.user'), path)
  const token = one(user, 'user.token') || textIf(one(user, 'user.tokenFile')).trim()
  const ca = pem(cluster, 'cluster.certificate-authority')
  const cert = pem(user, 'user.client-certificate')
  const secret = pem(user, 'user.client-key')
  return {
    server: one(cluster, 'cluster.server'),
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    tls: {
      ...(ca !== '' && { ca }),
      ...(cert !== '' && { cert }),
      ...(secret !== '' && { key: secret }),
      ...(one(cluster, 'cluster.insecure-skip-tls-verify') === 'true' && { rejectUnauthorized: false }),
    },
  }
}

function named(tree: Mapping, list: string, name: string, path: string): Mapping {
  const items = find(tree, list)
  const all: readonly Tree[] = items?.kind === 'list' ? items.items : []
  const found = all.find((item): item is Mapping => item.kind === 'map' && one(item, 'name') === name)
  if (found) return found
  throw new Fault('kubeconfig-invalid', `${path}: there is no '${name}' among the ${list}`)
}

function one(tree: Mapping, path: string): string {
  return texts(find(tree, path))?.[0] ?? ''
}

function pem(tree: Mapping, path: string): string {
  const data = one(tree, `${path}-data`)
  return data === '' ? textIf(one(tree, path)) : Buffer.from(data, 'base64').toString('utf8')
}

function textIf(path: string): string {
  return path === '' ? '' : readText(path)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read ${path}: ${fileProblem(cause)}`, { cause })
  }
}
