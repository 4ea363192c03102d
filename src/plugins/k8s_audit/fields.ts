import { toByteString } from '../../base/text.ts'
import { elements, isObject, type Json, textOf, texts } from '../shared/json.ts'
import type { AuditEvent } from './event.ts'
import { type AuditField, list, listEach, text } from './field.ts'
import { resourceOfKind, verbOfKind } from './kinds.ts'
import { podFields } from './pods.ts'
import { queryParameter } from './uri.ts'

/** `ka.*`: what an audit event says. */
export const auditFields: readonly AuditField[] = [
  text('ka.auditid', 'Id of the audit event, the same for all stages of one request.', (e) => e.audit?.auditID),
  text('ka.stage', 'Stage of the request: RequestReceived, ResponseStarted, ResponseComplete or Panic.', (e) => e.audit?.stage),
  text('ka.auth.decision', 'Decision of the authorization: allow or forbid.', annotation('authorization.k8s.io/decision')),
  text('ka.auth.reason', 'Reason for the decision of the authorization.', annotation('authorization.k8s.io/reason')),
  text(
    'ka.auth.openshift.decision',
    'Decision of the authentication on OpenShift: allow, deny or error.',
    annotation('authentication.openshift.io/decision'),
  ),
  text(
    'ka.validations.admission.policy.failure',
    'Why a validating admission policy found fault with the request.',
    annotation('validation.policy.admission.k8s.io/validation_failure'),
  ),
  text(
    'ka.security.pod.violations',
    'How the pod violates the pod security standard of its namespace.',
    annotation('pod-security.kubernetes.io/audit-violations'),
  ),
  text('ka.auth.openshift.username', 'User whose authentication OpenShift decided on.', annotation('authentication.openshift.io/username')),
  text('ka.user.name', 'User who made the request.', (e) => e.audit?.user?.username),
  list('ka.user.groups', 'Groups of the user who made the request.', (e) => texts(e.audit?.user?.groups)),
  text('ka.impuser.name', 'User that the request was made in the name of.', (e) => e.audit?.impersonatedUser?.username),
  {
    ...text('ka.verb', 'What was asked to be done: create, get, list, watch, update, patch or delete.', (e) => e.audit?.verb),
    ofKind: verbOfKind,
  },
  text('ka.uri', 'URI of the request.', (e) => e.audit?.requestURI),
  {
    name: 'ka.uri.param',
    type: 'CHARBUF',
    arg: { required: true, kind: 'key' },
    help: "Value of the parameter of the URI that the argument names: sh for ka.uri.param[command] of '/exec?command=sh'.",
    at: (arg) => {
      const name = toByteString(arg)
      return (e) => queryParameter(textOf(e.audit?.requestURI), name)
    },
  },
  text('ka.target.name', 'Name of the object that the request is about.', (e) => e.audit?.objectRef?.name),
  text('ka.target.namespace', 'Namespace of the object that the request is about.', (e) => e.audit?.objectRef?.namespace),
  {
    ...text(
      'ka.target.resource',
      'Resource of the object that the request is about, in the plural: pods.',
      (e) => e.audit?.objectRef?.resource,
    ),
    ofKind: resourceOfKind,
  },
  text('ka.target.subresource', 'Subresource that the request is about: exec, attach, status.', (e) => e.audit?.objectRef?.subresource),
  text('ka.target.pod.name', 'Name of the pod that the request is about, also where the server chose it.', targetPod),
  ...bindingFields(),
  text('ka.req.configmap.name', 'Name of the object that the request is about; made for config maps.', (e) => e.audit?.objectRef?.name),
  text('ka.req.configmap.obj', 'The whole config map that is asked for, as JSON.', configMap),
  ...roleFields(),
  text(
    'ka.req.service.type',
    'Type of the service that is asked for: ClusterIP, NodePort, LoadBalancer.',
    (e) => e.audit?.requestObject?.spec?.type,
  ),
  listEach('ka.req.service.ports', 'Ports of the service that is asked for, each as JSON.', servicePorts, texts),
  ...podFields,
  text('ka.resp.name', 'Name of the object in the response.', (e) => e.audit?.responseObject?.metadata?.name),
  text('ka.response.code', 'HTTP status of the response.', (e) => e.audit?.responseStatus?.code),
  text('ka.response.reason', 'Reason in the response, most often of a failure: Forbidden.', (e) => e.audit?.responseStatus?.reason),
  text('ka.useragent', 'User agent of the client.', (e) => e.audit?.userAgent),
  listEach('ka.sourceips', 'Addresses of the client, and of proxies on the way.', (e) => elements(e.audit?.sourceIPs), texts),
  text('ka.cluster.name', 'Name of the cluster, where the sender of the event added it.', clusterName),
]

function annotation(key: string): (event: AuditEvent) => Json | undefined {
  return (event) => event.audit?.annotations?.[key]
}

// Plugins of Falco for managed clusters add it in one of these ways; kube-apiserver does not.
function clusterName({ audit }: AuditEvent): Json | undefined {
  return audit?.clusterName ?? audit?.annotations?.['cluster.name'] ?? audit?.annotations?.cluster_name
}

function targetPod({ audit }: AuditEvent): Json | undefined {
  if (audit?.objectRef?.resource !== 'pods') return undefined
  return audit.objectRef.name ?? audit.responseObject?.metadata?.name ?? audit.requestObject?.metadata?.name
}

function configMap({ audit }: AuditEvent): Json | undefined {
  const isConfigMap = audit?.objectRef?.resource === 'configmaps' || audit?.requestObject?.kind === 'ConfigMap'
  return isConfigMap ? (audit?.requestObject as Json | undefined) : undefined
}

function bindingFields(): readonly AuditField[] {
  const subjects = (event: AuditEvent) => elements(event.audit?.requestObject?.subjects)
  const named = (kind: string) => (event: AuditEvent) =>
    subjects(event).flatMap((subject) => (isObject(subject) && subject.kind === kind ? texts(subject.name) : []))
  const accounts = (event: AuditEvent) =>
    subjects(event).flatMap((subject) => {
      if (!isObject(subject) || subject.kind !== 'ServiceAccount') return []
      return texts(subject.name).map((name) => `${textOf(subject.namespace) ?? ''}:${name}`)
    })
  return [
    list('ka.req.binding.subjects', 'Subjects of the binding that is asked for, each as JSON.', (e) => texts(subjects(e))),
    list('ka.req.binding.subjects.user_names', 'Names of the users in the binding that is asked for.', named('User')),
    list(
      'ka.req.binding.subjects.serviceaccount_names',
      'Names of the service accounts in the binding that is asked for.',
      named('ServiceAccount'),
    ),
    list('ka.req.binding.subjects.serviceaccount_ns_names', 'The same with their namespaces: namespace:name.', accounts),
    list('ka.req.binding.subjects.group_names', 'Names of the groups in the binding that is asked for.', named('Group')),
    text('ka.req.binding.role', 'Role of the binding that is asked for.', (e) => e.audit?.requestObject?.roleRef?.name),
    {
      name: 'ka.req.binding.subject.has_name',
      type: 'CHARBUF',
      flags: ['deprecated'],
      arg: { required: true, kind: 'key' },
      help: 'Always N/A.',
      at: () => () => 'N/A',
    },
  ]
}

function roleFields(): readonly AuditField[] {
  const rules = (event: AuditEvent) => elements(event.audit?.requestObject?.rules)
  const part = (name: string, key: string, what: string) =>
    listEach(`ka.req.role.rules.${name}`, `${what} in the rules of the role that is asked for.`, rules, (rule) =>
      isObject(rule) ? texts(rule[key]) : [],
    )
  return [
    list('ka.req.role.rules', 'Rules of the role that is asked for, each as JSON.', (e) => texts(rules(e))),
    part('apiGroups', 'apiGroups', 'API groups'),
    part('nonResourceURLs', 'nonResourceURLs', 'URLs that are no resources'),
    part('verbs', 'verbs', 'Verbs'),
    part('resources', 'resources', 'Resources'),
  ]
}

function servicePorts(event: AuditEvent): readonly Json[] {
  return elements(event.audit?.requestObject?.spec?.ports)
}
