import { describe, expect, test } from 'bun:test'
import { auditEvent, podSpec, workload } from '../plugins/audit_events.ts'
import { alertsOf, loadAuditRules } from './k8s_audit.ts'

const outcome = loadAuditRules()
const { ruleset } = outcome

// Names that users override and that scripts look for.
const names = `
All K8s Audit Events|Anonymous Request Allowed|Attach to cluster-admin Role|Attach/Exec Pod|ClusterRole With Pod Exec Created
ClusterRole With Wildcard Created|ClusterRole With Write Privileges Created|Create Disallowed Namespace|Create Disallowed Pod
Create HostIPC Pod|Create HostNetwork Pod|Create HostPid Pod|Create NodePort Service|Create Privileged Pod|Create Sensitive Mount Pod
Create/Modify Configmap With Private Credentials|Disallowed K8s User|EphemeralContainers Created|Full K8s Administrative Access
Ingress Object without TLS Certificate Created|K8s ClusterRole Created|K8s ClusterRole Deleted|K8s ClusterRoleBinding Created
K8s ClusterRoleBinding Deleted|K8s ConfigMap Created|K8s ConfigMap Deleted|K8s Deployment Created|K8s Deployment Deleted
K8s Namespace Created|K8s Namespace Deleted|K8s Role Created|K8s Role Deleted|K8s RoleBinding Created|K8s RoleBinding Deleted
K8s Secret Created|K8s Secret Deleted|K8s Secret Get Successfully|K8s Secret Get Unsuccessfully Tried|K8s Service Created
K8s Service Deleted|K8s Serviceaccount Created|K8s Serviceaccount Deleted|Pod Created in Kube Namespace
Service Account Created in Kube Namespace|System ClusterRole Modified/Deleted|Untrusted Node Successfully Joined the Cluster
Untrusted Node Unsuccessfully Tried to Join the Cluster|port-forward
`
  .trim()
  .split(/[|\n]/)

describe('the default rules for audit events', () => {
  test('load without errors and warnings', () => {
    expect(outcome.results.flatMap(({ errors, warnings, schemaWarnings }) => [...errors, ...warnings, ...schemaWarnings])).toEqual([])
    expect(outcome.unmet).toEqual([])
    expect([...ruleset.macros, ...ruleset.lists].filter(({ isUsed }) => !isUsed).map(({ name }) => name)).toEqual([])
  })

  test('are the known ones, each in a class', () => {
    expect(ruleset.rules.map(({ name }) => name).sort()).toEqual(names)
    const classes = ['k8s_suspicious', 'k8s_activity', 'k8s_all']
    expect(ruleset.rules.filter(({ tags }) => tags.filter((tag) => classes.includes(tag)).length !== 1)).toEqual([])
  })
})

const controller = { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: ['system:serviceaccounts'] }
const admin = { username: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:authenticated'] }
const known = (over: object) => auditEvent({ user: admin, ...over })

// What a pod is where nobody asks for anything special.
const plain = { containers: [{ name: 'web', image: 'nginx:1.27' }] }

function podOf(spec: object, over: object = {}) {
  return known({
    requestObject: { kind: 'Pod', metadata: { name: 'shop' }, spec },
    responseObject: { metadata: { name: 'shop' } },
    ...over,
  })
}

function deploymentOf(spec: object, over: object = {}) {
  const managedFields = [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': { 'f:template': { 'f:spec': { '.': {} } } } } }]
  const object = { ...workload('Deployment', { replicas: 2, template: { spec } }), metadata: { name: 'shop', managedFields } }
  const objectRef = { resource: 'deployments', namespace: 'web', name: 'shop', apiGroup: 'apps', apiVersion: 'v1' }
  return known({ objectRef, requestObject: object, responseObject: object, ...over })
}

function objectOf(resource: string, requestObject: object, over: object = {}) {
  return known({ objectRef: { resource, namespace: 'web', name: 'thing' }, requestObject, ...over })
}

function sessionOf(subresource: string, over: object = {}) {
  return known({
    stage: 'ResponseStarted',
    level: 'Metadata',
    objectRef: { resource: 'pods', subresource, namespace: 'web', name: 'shop' },
    requestURI: `/api/v1/namespaces/web/pods/shop/${subresource}?command=sh&container=web&stdin=true`,
    responseStatus: { code: 101 },
    ...over,
  })
}

const lease = known({
  level: 'Metadata',
  verb: 'get',
  user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] },
  requestURI: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager?timeout=5s',
  objectRef: { resource: 'leases', namespace: 'kube-system', name: 'kube-controller-manager', apiGroup: 'coordination.k8s.io' },
  responseStatus: { code: 200 },
})

const kubectlRun = podOf({
  containers: [{ name: 'shop', image: 'nginx', resources: {}, imagePullPolicy: 'Always' }],
  restartPolicy: 'Always',
})

describe('what fires', () => {
  test.each<[string, object, string[]]>([
    ['a lease that the controller manager reads', lease, []],
    ['a pod made by kubectl run', kubectlRun, []],
    ['a plain pod of a controller', podOf(plain, { user: controller }), []],
    ['a Deployment at level RequestResponse with managed fields', deploymentOf(plain), ['K8s Deployment Created']],
    ['a stranger', auditEvent({ verb: 'list' }), ['Disallowed K8s User']],
    ['a stranger at an earlier stage', auditEvent({ verb: 'list', stage: 'RequestReceived' }), []],

    ['a privileged container', podOf({ containers: [{ image: 'x', securityContext: { privileged: true } }] }), ['Create Privileged Pod']],
    [
      'a privileged init container',
      podOf({ ...plain, initContainers: [{ image: 'x', securityContext: { privileged: true } }] }),
      ['Create Privileged Pod'],
    ],
    [
      'a privileged pod of a known image',
      podOf({ containers: [{ image: 'quay.io/cilium/cilium:v1', securityContext: { privileged: true } }] }),
      [],
    ],
    [
      'a privileged container beside a known image',
      podOf({ containers: [{ image: 'quay.io/cilium/cilium:v1' }, { image: 'x', securityContext: { privileged: true } }] }),
      ['Create Privileged Pod'],
    ],
    [
      'a dry run',
      podOf({ containers: [{ securityContext: { privileged: true } }] }, { requestURI: '/api/v1/namespaces/web/pods?dryRun=All' }),
      [],
    ],
    ['no security at all, in a pod', podOf(podSpec), ['Create HostNetwork Pod', 'Create Privileged Pod', 'Create Sensitive Mount Pod']],
    [
      'no security at all, in a template that is changed',
      deploymentOf(podSpec, { verb: 'patch' }),
      ['Create HostNetwork Pod', 'Create Privileged Pod', 'Create Sensitive Mount Pod'],
    ],
    [
      'the pod that a controller makes of it',
      podOf(podSpec, { user: controller }),
      ['Create HostNetwork Pod', 'Create Privileged Pod', 'Create Sensitive Mount Pod'],
    ],
    [
      'the status of a workload',
      deploymentOf(podSpec, { verb: 'update', objectRef: { resource: 'deployments', subresource: 'status', name: 'x' } }),
      [],
    ],
    [
      'a cron job on the host',
      objectOf(
        'cronjobs',
        workload('CronJob', { jobTemplate: { spec: { template: { spec: { ...plain, hostPID: true, hostIPC: true } } } } }),
      ),
      ['Create HostIPC Pod', 'Create HostPid Pod'],
    ],
    [
      'a socket of the runtime',
      podOf({ ...plain, volumes: [{ hostPath: { path: '/run/containerd/containerd.sock' } }] }),
      ['Create Sensitive Mount Pod'],
    ],
    ['another directory', podOf({ ...plain, volumes: [{ hostPath: { path: '/srv/data' } }] }), []],
    [
      'a pod in kube-system',
      podOf(plain, { objectRef: { resource: 'pods', namespace: 'kube-system', name: 'x' } }),
      ['Pod Created in Kube Namespace'],
    ],
    [
      'a daemon set in kube-system',
      objectOf('daemonsets', workload('DaemonSet', { template: { spec: plain } }), {
        objectRef: { resource: 'daemonsets', namespace: 'kube-system' },
      }),
      ['Pod Created in Kube Namespace'],
    ],

    ['exec', sessionOf('exec'), ['Attach/Exec Pod']],
    ['exec over a websocket', sessionOf('exec', { verb: 'get' }), ['Attach/Exec Pod']],
    ['attach', sessionOf('attach'), ['Attach/Exec Pod']],
    ['the end of a session', sessionOf('exec', { stage: 'ResponseComplete' }), []],
    ['exec that is refused', sessionOf('exec', { stage: 'ResponseComplete', responseStatus: { code: 403 } }), ['Attach/Exec Pod']],
    ['a tunnel', sessionOf('portforward'), ['port-forward']],
    [
      'kubectl debug',
      known({
        verb: 'patch',
        objectRef: { resource: 'pods', subresource: 'ephemeralcontainers', namespace: 'web', name: 'shop' },
        requestObject: { spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] } },
        responseStatus: { code: 200 },
      }),
      ['EphemeralContainers Created'],
    ],

    [
      'a node port',
      objectOf('services', { spec: { type: 'NodePort', ports: [{ port: 80 }] } }),
      ['Create NodePort Service', 'K8s Service Created'],
    ],
    [
      'a password in a config map',
      objectOf('configmaps', { kind: 'ConfigMap', data: { DB_PASSWORD: 'x' } }, { verb: 'update' }),
      ['Create/Modify Configmap With Private Credentials'],
    ],
    ['nobody', known({ user: { username: 'system:anonymous' }, verb: 'get', requestURI: '/api' }), ['Anonymous Request Allowed']],
    ['nobody, who asks how it goes', known({ user: { username: 'system:anonymous' }, verb: 'get', requestURI: '/livez?verbose' }), []],
    [
      'a namespace',
      known({ objectRef: { resource: 'namespaces', name: 'new', namespace: 'new' } }),
      ['Create Disallowed Namespace', 'K8s Namespace Created'],
    ],
    [
      'an account in kube-system',
      known({ objectRef: { resource: 'serviceaccounts', namespace: 'kube-system', name: 'backdoor' } }),
      ['K8s Serviceaccount Created', 'Service Account Created in Kube Namespace'],
    ],
    [
      'an account of a controller',
      known({ user: controller, objectRef: { resource: 'serviceaccounts', namespace: 'kube-system', name: 'ttl-controller' } }),
      ['K8s Serviceaccount Created'],
    ],
    [
      'a role of the system',
      known({ verb: 'patch', objectRef: { resource: 'clusterroles', name: 'system:node' } }),
      ['System ClusterRole Modified/Deleted'],
    ],
    [
      'an administrator of a namespace',
      objectOf('rolebindings', { roleRef: { name: 'cluster-admin' }, subjects: [{ kind: 'User', name: 'eve' }] }),
      ['Attach to cluster-admin Role', 'K8s RoleBinding Created'],
    ],
    [
      'a role for everything',
      objectOf('clusterroles', { rules: [{ resources: ['*'], verbs: ['get', 'delete'] }] }),
      ['ClusterRole With Wildcard Created', 'ClusterRole With Write Privileges Created', 'K8s ClusterRole Created'],
    ],
    [
      'a role for shells',
      objectOf('roles', { rules: [{ resources: ['pods/exec'], verbs: ['get'] }] }),
      ['ClusterRole With Pod Exec Created', 'K8s Role Created'],
    ],
    ['a secret that is read', objectOf('secrets', {}, { verb: 'get', responseStatus: { code: 200 } }), ['K8s Secret Get Successfully']],
    [
      'secrets that are listed',
      known({ objectRef: { resource: 'secrets' }, verb: 'list', responseStatus: { code: 200 } }),
      ['K8s Secret Get Successfully'],
    ],
    [
      'a secret that is not there',
      objectOf('secrets', {}, { verb: 'get', responseStatus: { code: 404 } }),
      ['K8s Secret Get Unsuccessfully Tried'],
    ],
    ['a secret that a node reads', objectOf('secrets', {}, { verb: 'get', user: { username: 'system:node:n1' } }), []],
    ['an ingress without TLS', objectOf('ingresses', { spec: { rules: [] } }), ['Ingress Object without TLS Certificate Created']],
    ['an ingress with TLS', objectOf('ingresses', { spec: { tls: [{ hosts: ['a'] }] } }), []],
    [
      'deleted, many at once',
      known({ verb: 'deletecollection', objectRef: { resource: 'configmaps', namespace: 'web' } }),
      ['K8s ConfigMap Deleted'],
    ],
    [
      'a deletion that is refused',
      known({ verb: 'delete', objectRef: { resource: 'configmaps', name: 'x' }, responseStatus: { code: 403 } }),
      [],
    ],
    ['a request that broke the server', known({ stage: 'Panic', responseStatus: { code: 500 } }), []],
  ])('%s', (_, event, rules) => {
    expect(
      alertsOf(outcome, event)
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(rules)
  })
})

describe('overrides', () => {
  const all = '- macro: consider_all_events\n  condition: (k8s_audit_always_true)\n'
  test('every event, of the last stage', () => {
    const loaded = loadAuditRules(all)
    expect(alertsOf(loaded, lease, { ...lease, stage: 'RequestReceived' }).map(({ rule }) => rule)).toEqual(['All K8s Audit Events'])
  })

  test('images, users, nodes and administrators', () => {
    const loaded = loadAuditRules(`
- macro: allowed_k8s_containers
  condition: (ka.req.pod.containers.image.repository in (nginx))
- list: allowed_k8s_users
  items: ["alice@example.com"]
  override:
    items: append
- macro: allowed_full_admin_users
  condition: (k8s_audit_never_true)
- macro: allow_all_k8s_nodes
  condition: (k8s_audit_never_true)
- list: allowed_k8s_nodes
  items: [node-1]
  override:
    items: append
- macro: consider_activity_events
  condition: (k8s_audit_never_true)
`)
    const rules = (...events: object[]) => alertsOf(loaded, ...events).map(({ rule }) => rule)
    expect(rules(auditEvent({ verb: 'list' }))).toEqual([])
    expect(rules(kubectlRun)).toEqual(['Full K8s Administrative Access'])
    expect(rules(podOf({ containers: [{ image: 'evil' }] }, { user: controller }))).toEqual(['Create Disallowed Pod'])
    const node = (name: string, code: number) =>
      known({ user: { username: `system:node:${name}` }, objectRef: { resource: 'nodes', name }, responseStatus: { code } })
    expect(rules(node('node-1', 201), node('node-2', 201), node('node-3', 403))).toEqual([
      'Untrusted Node Successfully Joined the Cluster',
      'Untrusted Node Unsuccessfully Tried to Join the Cluster',
    ])
    expect(rules(deploymentOf(plain, { user: controller }))).toEqual([])
  })
})
