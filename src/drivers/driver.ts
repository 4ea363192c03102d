/** A way to get system calls from the kernel, as `engine.kind` and `--type` name it. */
export type DriverName = 'modern_ebpf' | 'kmod' | 'nodriver'

/** Whether this machine can be watched so, now. */
export interface DriverProbe {
  readonly isUsable: boolean
  /** Why, or why not, a sentence without a full stop. */
  readonly reason: string
}

/** One way to get system calls. */
export interface Driver {
  readonly name: DriverName
  /** One sentence for lists. */
  readonly summary: string
  /** Looks at this machine; takes some milliseconds, and changes nothing. */
  readonly probe: () => DriverProbe
}
