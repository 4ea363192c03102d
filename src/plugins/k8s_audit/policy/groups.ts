const rows = `
apps: controllerrevisions daemonsets deployments replicasets statefulsets
admissionregistration.k8s.io: mutatingwebhookconfigurations validatingadmissionpolicies validatingwebhookconfigurations
apiextensions.k8s.io: customresourcedefinitions
apiregistration.k8s.io: apiservices
authentication.k8s.io: tokenreviews
authorization.k8s.io: localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews
autoscaling: horizontalpodautoscalers
batch: cronjobs jobs
certificates.k8s.io: certificatesigningrequests
coordination.k8s.io: leases
discovery.k8s.io: endpointslices
networking.k8s.io: ingressclasses ingresses networkpolicies
policy: poddisruptionbudgets podsecuritypolicies
rbac.authorization.k8s.io: clusterrolebindings clusterroles rolebindings roles
scheduling.k8s.io: priorityclasses
storage.k8s.io: csidrivers storageclasses volumeattachments
`

const core = `
bindings configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims persistentvolumes pods podtemplates
replicationcontrollers resourcequotas secrets serviceaccounts services
`

const groups: ReadonlyMap<string, string> = new Map([
  ...core
    .trim()
    .split(/\s+/)
    .map((resource) => [resource, ''] as const),
  ...rows
    .trim()
    .split('\n')
    .flatMap((row) => {
      const [group = '', resources = ''] = row.split(': ')
      return resources.split(' ').map((resource) => [resource, group] as const)
    }),
])

/** The API group of a resource of Kubernetes itself, empty for the core; undefined for any other. */
export function groupOf(resource: string): string | undefined {
  return groups.get(resource)
}
