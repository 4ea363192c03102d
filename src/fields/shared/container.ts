import type { Value } from '../../condition/field.ts'
import type { Container } from '../../event/container.ts'
import type { Event } from '../../event/event.ts'

/**
 * Reads what is known of the container that a process runs in.
 *
 * As in Falco, the host counts as a container of which nothing more is to be known: `onHost` is its value, and `blank` that of containers
 * that the runtime told of without saying this. There is none where the runtime has not told of the container.
 */
export function ofContainer<T extends Value>(
  read: (container: Container) => T | undefined,
  blank: T,
  onHost = blank,
): (event: Event) => Value {
  return ({ thread }) => {
    if (thread === undefined) return undefined
    if (thread.containerId === '') return onHost
    const { container } = thread
    return container && (read(container) ?? (isTold(container) ? blank : undefined))
  }
}

function isTold({ name, image }: Container): boolean {
  return name !== undefined || image !== undefined
}

// What kubelet and runtimes note for themselves.
const ownPrefixes = ['annotation.', 'io.kubernetes.']

/** `key:value` of each label with commas between, in the order of the keys, without those that Kubernetes made; undefined for none. */
export function labelsText(labels: ReadonlyMap<string, string>): string | undefined {
  const shown = [...labels].filter(([key]) => !ownPrefixes.some((prefix) => key.startsWith(prefix)))
  if (shown.length === 0) return undefined
  const sorted = shown.sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([key, value]) => (value === '' ? key : `${key}:${value}`)).join(', ')
}
