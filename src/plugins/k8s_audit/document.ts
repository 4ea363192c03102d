import type { Json, JsonObject } from '../shared/json.ts'

// The shape of an audit event (audit.k8s.io/v1), as far as fields read it. Whoever sends one may send anything: a key may hold
// a value of any type, which is harmless to look into, and its leaves are checked when they are read.

export interface AuditDocument {
  readonly kind?: Json
  readonly level?: Json
  readonly auditID?: Json
  readonly stage?: Json
  readonly requestURI?: Json
  readonly verb?: Json
  readonly user?: Named | null
  readonly impersonatedUser?: Named | null
  readonly sourceIPs?: Json
  readonly userAgent?: Json
  readonly objectRef?: ObjectRef | null
  readonly responseStatus?: { readonly code?: Json; readonly reason?: Json } | null
  readonly requestObject?: RequestObject | null
  readonly responseObject?: { readonly metadata?: { readonly name?: Json } | null } | null
  readonly annotations?: JsonObject | null
  readonly stageTimestamp?: Json
  readonly requestReceivedTimestamp?: Json
  readonly timestamp?: Json
  readonly clusterName?: Json
}

interface Named {
  readonly username?: Json
  readonly groups?: Json
}

interface ObjectRef {
  readonly resource?: Json
  readonly subresource?: Json
  readonly namespace?: Json
  readonly name?: Json
}

interface RequestObject {
  readonly kind?: Json
  readonly metadata?: { readonly name?: Json } | null
  readonly spec?: Workload | null
  readonly template?: Template | null
  readonly ephemeralContainers?: Json
  readonly subjects?: Json
  readonly roleRef?: { readonly name?: Json } | null
  readonly rules?: Json
}

/** The `spec` of a pod, or of what makes pods from a template. */
export interface Workload extends PodSpec {
  readonly template?: Template | null
  readonly jobTemplate?: { readonly spec?: { readonly template?: Template | null } | null } | null
  readonly type?: Json
  readonly ports?: Json
}

interface Template {
  readonly spec?: PodSpec | null
}

export interface PodSpec {
  readonly containers?: Json
  readonly initContainers?: Json
  readonly ephemeralContainers?: Json
  readonly hostIPC?: Json
  readonly hostNetwork?: Json
  readonly hostPID?: Json
  readonly securityContext?: PodSecurity | null
  readonly volumes?: Json
}

interface PodSecurity {
  readonly runAsUser?: Json
  readonly runAsGroup?: Json
  readonly fsGroup?: Json
  readonly supplementalGroups?: Json
}

/**
 * The pod that a request is about: the object itself, or the template of pods in a Deployment, DaemonSet, StatefulSet,
 * ReplicaSet, Job, CronJob, or in whatever else has a template at the same place.
 */
export function podOf(object: RequestObject | null | undefined): PodSpec | undefined {
  const spec = object?.spec
  if (Array.isArray(spec?.containers)) return spec
  return spec?.template?.spec ?? spec?.jobTemplate?.spec?.template?.spec ?? object?.template?.spec ?? spec ?? undefined
}
