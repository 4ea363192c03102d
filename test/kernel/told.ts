import { type Agent, patient } from '../tools/agent.ts'

// What alerts tell of containers.

const fields = {
  id: 'container.id',
  name: 'container.name',
  image: 'container.image',
  digest: 'container.image.digest',
  type: 'container.type',
  ip: 'container.ip',
  hostPid: 'container.host_pid',
  hostNetwork: 'container.host_network',
  healthcheck: 'container.healthcheck',
  liveness: 'container.liveness_probe',
  readiness: 'container.readiness_probe',
  isHealthcheck: 'proc.is_container_healthcheck',
  labels: 'container.labels',
  mounts: 'container.mounts',
  cni: 'container.cni.json',
  pod: 'k8s.pod.name',
  namespace: 'k8s.ns.name',
  podUid: 'k8s.pod.uid',
  podLabels: 'k8s.pod.labels',
  podIp: 'k8s.pod.ip',
  sandbox: 'k8s.pod.full_sandbox_id',
  deployment: 'k8s.deployment.name',
  cmdline: 'proc.cmdline',
} as const
export type Told = Readonly<Record<keyof typeof fields, string | boolean | null>>

/** Tells all of it for each program that starts in a container. */
export const containedRule = {
  rule: 'contained',
  desc: 'd',
  priority: 'INFO',
  condition: 'evt.type in (execve, execveat) and evt.res=SUCCESS and container.id != host',
  output: Object.values(fields)
    .map((name) => `%${name}`)
    .join(' '),
}

/** What the first alert tells of the process with this command line. */
export async function firstTold(agent: Agent, cmdline: string): Promise<Told> {
  const line = await agent.alert((text) => text.includes(`"proc.cmdline":"${cmdline}"`), patient(10_000))
  const { output_fields } = JSON.parse(line ?? '{"output_fields":{}}')
  return Object.fromEntries(Object.entries(fields).map(([key, name]) => [key, output_fields[name]])) as Told
}
