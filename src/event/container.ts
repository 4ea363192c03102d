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
  /** Whether it shares these namespaces with the host. */
  isHostPid: boolean | undefined
  isHostNetwork: boolean | undefined
  isHostIpc: boolean | undefined
  /** Command line of its health check. */
  healthcheck: string | undefined
  startTs: bigint | undefined
  labels: ReadonlyMap<string, string>
  mounts: readonly Mount[]
}

export interface Mount {
  readonly source: string
  readonly dest: string
  readonly mode: string
  readonly isWritable: boolean
  readonly propagation: string
}
