import type { Container } from '../../event/container.ts'

/** A container runtime, as far as it tells of its containers. */
export interface Runtime {
  /** Types of containers, by their cgroups, that it may know. */
  readonly types: ReadonlySet<string>
  /** What its files tell, at once; undefined where they do not know the container. */
  read?(fullId: string, type: string): Container | undefined
  /** The type of the container of this id whose files are there; cheap. */
  has?(fullId: string): string | undefined
  /** What it answers; undefined where it does not. */
  ask?(fullId: string, type: string): Promise<Container | undefined>
  /** What it says beside that of its containers' places, so that later reads find them. */
  discover?(): Promise<void>
}

/** How long a runtime may take to answer. */
export const askTimeoutMs = 2000
