import type { Container } from '../event/container.ts'
import { type ContainerId, type Containers, containerIdOf, emptyContainer } from './containers.ts'
import { parseListed } from './runtime/listed.ts'

const maxJson = 1_048_576
// Of all texts together; beyond, all are forgotten.
const maxKept = 16 * maxJson

/** The containers that a recording tells of. */
export class ListedContainers implements Containers {
  private readonly known = new Map<string, Container>()
  private kept = 0
  // What was answered; each process in a container asks for it with every event.
  private readonly answers = new Map<string, { readonly type: string; readonly container: Container }>()

  idOf(cgroups: readonly string[]): ContainerId | undefined {
    return containerIdOf(cgroups)
  }

  lookup(fullId: string, type: string): Container {
    const known = this.answers.get(fullId)
    if (known !== undefined && known.type === type) return known.container
    const container = this.answer(fullId, type)
    if (this.answers.size >= maxKept) this.answers.clear()
    this.answers.set(fullId, { type, container })
    return container
  }

  private answer(fullId: string, type: string): Container {
    const empty = emptyContainer(fullId, type)
    const found = this.known.get(empty.id)
    if (found === undefined) return empty
    return { ...found, fullId: found.fullId.length < fullId.length ? fullId : found.fullId, type: found.type || type }
  }

  isReady(): boolean {
    return true
  }

  onReady(fullId: string, ready: (container: Container) => void): void {
    ready(this.lookup(fullId, ''))
  }

  /** Takes in what a recording says of a container; what is not understood is passed over. */
  add(json: string): void {
    if (json.length > maxJson) return
    const container = parseListed(json)
    if (container === undefined) return
    this.kept += json.length
    if (this.kept > maxKept) this.clear()
    this.known.set(container.id, container)
    this.answers.clear()
  }

  listed(): Iterable<Container> {
    return this.known.values()
  }

  clear(): void {
    this.known.clear()
    this.kept = 0
    this.answers.clear()
  }
}
