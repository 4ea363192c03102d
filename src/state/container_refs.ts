import type { Container } from '../event/container.ts'
import type { Containers } from './containers.ts'
import type { Cgroups } from './texts.ts'
import type { ContainerRef } from './thread.ts'

const refBytes = 200
// Of all texts together; beyond, all are forgotten.
const mostBytes = 8 * 1024 * 1024

/** The containers that cgroups tell of, found out once for each text of cgroups. */
export class ContainerRefs {
  private readonly refs = new Map<string, ContainerRef>()
  private bytes = 0

  constructor(private readonly containers: Containers) {}

  of(cgroups: Cgroups): ContainerRef {
    const { text } = cgroups
    const known = this.refs.get(text)
    if (known !== undefined) return known
    this.bytes += refBytes + text.length
    if (this.bytes > mostBytes) {
      this.refs.clear()
      this.bytes = 0
    }
    const made = new LazyContainer(this.containers, cgroups)
    this.refs.set(text, made)
    return made
  }

  get size(): number {
    return this.refs.size
  }

  /** Forgets those of containers that are not used. */
  keep(isUsed: (fullId: string) => boolean): void {
    for (const [text, { fullId }] of this.refs) {
      if (fullId === '' || isUsed(fullId)) continue
      this.refs.delete(text)
      this.bytes -= refBytes + text.length
    }
  }
}

class LazyContainer implements ContainerRef {
  readonly id: string
  readonly fullId: string
  private readonly type: string

  constructor(
    private readonly containers: Containers,
    cgroups: Cgroups,
  ) {
    const found = containers.idOf(cgroups.pieces)
    this.id = found?.id ?? ''
    this.fullId = found?.fullId ?? ''
    this.type = found?.type ?? ''
  }

  get container(): Container | undefined {
    return this.id === '' ? undefined : this.containers.lookup(this.fullId, this.type)
  }
}
