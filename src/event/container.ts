/** What is known of a container. Text is byte strings; undefined where the runtime has not told. */
export interface Container {
  /** The first 12 digits of the id. */
  readonly id: string
  readonly fullId: string
  /** docker, containerd, cri-o, podman, lxc ... */
  type: string
  name: string | undefined
  image: string | undefined
  imageId: string | undefined
  imageRepository: string | undefined
  imageTag: string | undefined
  imageDigest: string | undefined
  isPrivileged: boolean | undefined
  ip: string | undefined
  /** Whether it gets an address that was not known yet when this was told. */
  awaitsAddress: boolean
  /** What the network plugin told of the pod's interfaces, as JSON. */
  cniJson: string | undefined
  /** Whether it shares these namespaces with the host. */
  isHostPid: boolean | undefined
  isHostNetwork: boolean | undefined
  isHostIpc: boolean | undefined
  /** Command lines of its health check, and of the kubelet's probes. */
  healthcheck: string | undefined
  livenessProbe: string | undefined
  readinessProbe: string | undefined
  /** Id in full of the sandbox of its pod. */
  sandboxId: string | undefined
  startTs: bigint | undefined
  /** `NAME=value` texts that it was started with. */
  env: readonly string[]
  labels: ReadonlyMap<string, string>
  /** Labels of the pod that it belongs to. */
  podLabels: ReadonlyMap<string, string>
  mounts: readonly Mount[]
}

export interface Mount {
  readonly source: string
  readonly dest: string
  readonly mode: string
  readonly isWritable: boolean
  readonly propagation: string
}
