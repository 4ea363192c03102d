import { dns } from 'bun'
import { parseAddress } from '../../base/address.ts'
import type { DomainNames } from '../../fields/field.ts'

// Records of services change seldom, and nobody minds a question a minute.
const refreshMs = 60_000
const leastMs = 30_000

// An address that a name no longer has stays known for a while: connections to it are still under way, and an answer may
// show only some of a name's addresses at a time.
const keepMs = 10 * refreshMs

const none: readonly string[] = []

/**
 * The addresses of the names that rules compare with, asked of this host's resolver again and again.
 *
 * A name that cannot be resolved has the addresses of before, at first none.
 */
export class DomainNameTable implements DomainNames {
  private readonly wanted = new Set<string>()
  private readonly seen = new Map<string, Map<string, number>>()
  private readonly askedMs = new Map<string, number>()
  private names = new Map<string, readonly string[]>()

  want(name: string): void {
    this.wanted.add(name)
  }

  of(address: string): readonly string[] {
    return this.names.get(address) ?? none
  }

  /** Knows from the start what another table knows of the names that are wanted here. */
  inherit(other: DomainNameTable): void {
    for (const name of this.wanted) {
      const known = other.seen.get(name)
      if (known) this.seen.set(name, new Map(known))
      const askedMs = other.askedMs.get(name)
      if (askedMs !== undefined) this.askedMs.set(name, askedMs)
    }
    this.index()
  }

  /** Begins to ask. Returns the way to end it. */
  start(): () => void {
    if (this.wanted.size === 0) return () => undefined
    this.refresh()
    const timer = setInterval(() => this.refresh(), refreshMs)
    timer.unref()
    return () => clearInterval(timer)
  }

  private refresh(): void {
    const now = performance.now()
    for (const name of this.wanted) {
      // Reloads come in rows.
      if (now - (this.askedMs.get(name) ?? Number.NEGATIVE_INFINITY) < leastMs) continue
      this.askedMs.set(name, now)
      void this.ask(name)
    }
  }

  // Not with the C library's resolver: it waits in the threads that also write files, and there are as few of them as CPUs.
  private async ask(name: string): Promise<void> {
    try {
      const found = await dns.lookup(name, { backend: 'c-ares' })
      this.learn(
        name,
        found.map(({ address }) => address),
        performance.now(),
      )
    } catch {
      // It keeps the addresses of before.
    }
  }

  private learn(name: string, addresses: readonly string[], now: number): void {
    const times = this.seen.get(name) ?? new Map<string, number>()
    this.seen.set(name, times)
    for (const address of addresses) {
      const bytes = parseAddress(address)
      if (bytes !== undefined) times.set(bytes, now)
    }
    for (const [address, time] of times) if (now - time > keepMs) times.delete(address)
    this.index()
  }

  private index(): void {
    const names = new Map<string, string[]>()
    for (const [one, known] of this.seen) {
      for (const address of known.keys()) names.set(address, [...(names.get(address) ?? []), one])
    }
    this.names = names
  }
}
