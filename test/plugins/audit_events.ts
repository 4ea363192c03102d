import type { Field, Value } from '../../src/condition/field.ts'
import { plugins } from '../../src/plugins/index.ts'
import { readBody } from '../../src/plugins/k8s_audit/body.ts'
import { AuditEvent } from '../../src/plugins/k8s_audit/event.ts'

// Audit events of our own making, as kube-apiserver writes them.

type Part = Readonly<Record<string, unknown>>

/** An event of a request by alice that was answered, with what is given over it. */
export function auditEvent(over: Part = {}): Part {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'c0ffee00-0000-4000-8000-000000000001',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/web/pods?fieldManager=kubectl-run',
    verb: 'create',
    user: { username: 'alice@example.com', groups: ['developers', 'system:authenticated'] },
    sourceIPs: ['192.0.2.7', '198.51.100.1'],
    userAgent: 'kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc',
    objectRef: { resource: 'pods', namespace: 'web', name: 'shop', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: '2026-11-21T10:00:00.100000Z',
    stageTimestamp: '2026-11-21T10:00:00.123456Z',
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    ...over,
  }
}

/** The `spec` of a pod with a container of everything, and a bare one. */
export const podSpec: Part = {
  hostNetwork: true,
  hostPID: false,
  securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [7, 8] },
  initContainers: [{ name: 'prepare', image: 'registry.example:5000/tools/prepare:1.2', securityContext: { privileged: true } }],
  containers: [
    {
      name: 'shop',
      image: 'ghcr.io/acme/shop@sha256:0123',
      command: ['/shop', '--serve'],
      args: ['-v'],
      ports: [{ containerPort: 80 }, { containerPort: 443, hostPort: 8443 }],
      securityContext: {
        privileged: false,
        allowPrivilegeEscalation: true,
        readOnlyRootFilesystem: true,
        runAsUser: 0,
        procMount: 'Unmasked',
        capabilities: { add: ['NET_ADMIN', 'SYS_TIME'], drop: ['ALL'] },
      },
    },
    { name: 'side', image: 'busybox' },
  ],
  ephemeralContainers: [{ name: 'debug', image: 'alpine:3', command: ['sh'] }],
  volumes: [
    { name: 'root', hostPath: { path: '/etc', type: 'Directory' } },
    { name: 'flex', flexVolume: { driver: 'acme/nfs' } },
    { name: 'token', secret: { secretName: 's' } },
  ],
}

export const pod: Part = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'shop' }, spec: podSpec }

/** An object that makes pods from a template. */
export function workload(kind: string, spec: Part): Part {
  return { kind, apiVersion: 'apps/v1', metadata: { name: 'shop' }, spec }
}

export const template: Part = { metadata: { labels: { app: 'shop' } }, spec: podSpec }

const byName = new Map(plugins.flatMap((plugin) => plugin.fields('k8s_audit')?.fields ?? []).map((field) => [field.name, field]))

/** The value of `ka.verb`, `ka.sourceips[1]` on an event. */
export function fieldValue(written: string, document: Part): Value {
  const [, name = '', arg] = /^([\w.]+)(?:\[(.*)\])?$/.exec(written) ?? []
  const field = byName.get(name) as Field<AuditEvent> | undefined
  const read = arg === undefined ? field?.get : field?.at?.(arg)
  if (read === undefined) throw new Error(`no field ${written}`)
  const event = new AuditEvent()
  const [item] = readBody(Buffer.from(JSON.stringify(document))).items
  if (item === undefined) throw new Error('no event')
  event.moveTo(item)
  return read(event)
}
