/** Block types of a .scap file: what is in them, and in which version. */
export interface BlockType {
  readonly kind: 'section' | 'machine' | 'processes' | 'fds' | 'interfaces' | 'users'
  readonly version: number
}

/** How an event block is laid out. */
export interface EventBlock {
  /** From the start of the block to the event's header: block header, CPU, and flags where it has them. */
  readonly headerAt: number
  readonly hasFlags: boolean
  /** Whether the header tells the number of parameters; first versions left that to the event table. */
  readonly hasCount: boolean
  readonly lengthBytes: 2 | 4
}

export const sectionHeader = 0x0a0d0d0a
export const byteOrderMagic = 0x1a2b3c4d

/** Block header (type, length) and trailer (length). */
export const blockHeadBytes = 8
export const blockTailBytes = 4
export const leastBlockBytes = 12

/** Header of an event: time, thread, length and code; then the number of parameters, in later versions. */
export const eventHeadBytes = 22
export const eventHeadCountBytes = 26

export const blockTypes: ReadonlyMap<number, BlockType> = new Map<number, BlockType>([
  [sectionHeader, { kind: 'section', version: 1 }],
  [0x201, { kind: 'machine', version: 1 }],
  [0x8002abcd, { kind: 'machine', version: 1 }],
  [0x202, { kind: 'processes', version: 1 }],
  [0x8000abcd, { kind: 'processes', version: 1 }],
  [0x207, { kind: 'processes', version: 2 }],
  [0x8013abcd, { kind: 'processes', version: 2 }],
  [0x209, { kind: 'processes', version: 3 }],
  [0x8014abcd, { kind: 'processes', version: 3 }],
  [0x210, { kind: 'processes', version: 4 }],
  [0x211, { kind: 'processes', version: 5 }],
  [0x212, { kind: 'processes', version: 6 }],
  [0x213, { kind: 'processes', version: 7 }],
  [0x214, { kind: 'processes', version: 8 }],
  [0x215, { kind: 'processes', version: 9 }],
  [0x203, { kind: 'fds', version: 1 }],
  [0x8001abcd, { kind: 'fds', version: 1 }],
  [0x218, { kind: 'fds', version: 2 }],
  [0x205, { kind: 'interfaces', version: 1 }],
  [0x8011abcd, { kind: 'interfaces', version: 1 }],
  [0x219, { kind: 'interfaces', version: 2 }],
  [0x206, { kind: 'users', version: 1 }],
  [0x8012abcd, { kind: 'users', version: 1 }],
  [0x220, { kind: 'users', version: 2 }],
])

export const eventBlocks: ReadonlyMap<number, EventBlock> = new Map<number, EventBlock>([
  [0x204, { headerAt: 10, hasFlags: false, hasCount: false, lengthBytes: 2 }],
  [0x8010abcd, { headerAt: 10, hasFlags: false, hasCount: false, lengthBytes: 2 }],
  [0x208, { headerAt: 14, hasFlags: true, hasCount: false, lengthBytes: 2 }],
  [0x216, { headerAt: 10, hasFlags: false, hasCount: true, lengthBytes: 2 }],
  [0x217, { headerAt: 14, hasFlags: true, hasCount: true, lengthBytes: 2 }],
  [0x221, { headerAt: 10, hasFlags: false, hasCount: true, lengthBytes: 4 }],
  [0x222, { headerAt: 14, hasFlags: true, hasCount: true, lengthBytes: 4 }],
])
