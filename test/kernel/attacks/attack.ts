/** Where attacks take place, and what they may use. All that they start carries the mark of the attack. */
export interface Ground {
  /** A directory of the test's own, on a file system that can execute programs. */
  readonly dir: string
  /** Path of `tool.c`, compiled, under this name. */
  tool(name: string): string
  /** Runs a program on the host until it ends, however it ends. */
  run(argv: readonly string[], cwd?: string): Promise<void>
  /** Runs a program in the container until it ends, however it ends. */
  runInContainer(argv: readonly string[], options?: { readonly tty: boolean }): Promise<void>
  /** Starts a server under this name, and when it has run for so long has it read a file. */
  serve(name: string, path: string, afterSeconds: number): Promise<void>
}

export type Expected = string | number | boolean | null | RegExp

/** A real action, the rule that has to notice, and what it has to tell. */
export interface Attack {
  readonly rule: string
  /** Tells attacks on the same rule apart. */
  readonly name?: string
  readonly on: 'host' | 'container'
  readonly priority: 'Critical' | 'Warning' | 'Notice' | 'Informational'
  readonly act: (ground: Ground) => Promise<void>
  /** Values of fields that both rules files show. */
  readonly fields: (ground: Ground) => Readonly<Record<string, Expected>>
  /** How many alerts of the rule it causes; 1 where absent. */
  readonly times?: number
  /** Other rules that notice as well. */
  readonly companions?: readonly string[]
  /** Only our own rules notice. */
  readonly oursOnly?: true
  /** The only architecture that has the system call. */
  readonly architecture?: NodeJS.Architecture
  /** Takes seconds: is begun before all others. */
  readonly isSlow?: true
  /** Needs images on overlayfs. */
  readonly needsOverlay?: true
}

/** An address of the block for documentation (RFC 5737): public, and nobody's. */
export const outsideIp = '203.0.113.10'
