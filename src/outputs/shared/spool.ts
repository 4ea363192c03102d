import { Database, type Statement } from 'bun:sqlite'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import type { Message } from '../output.ts'

export interface SpoolOptions {
  /** Where the file is; made where it is missing, for this user only. */
  readonly directory: string
  /** What waits for longer, or beyond this size, is given up, oldest first. */
  readonly maxBytes: number
  readonly maxAgeMs: number
  /** `always`: every alert is on the disk before it counts as accepted; `batch`: the system writes it soon; `never`: in its own time. */
  readonly fsync: 'always' | 'batch' | 'never'
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** A message that waits on the disk; ids grow in the order of acceptance. */
export interface Spooled extends Message {
  readonly id: number
}

export interface SpoolStats {
  /** Messages on the disk, and the bytes of the file that hold them. */
  readonly waiting: number
  readonly bytes: number
  /** Messages that an output would not take, kept aside. */
  readonly dead: number
}

interface GivenUp {
  /** The last one. */
  readonly end: number
  /** How many, summed over the outputs that did not have them. */
  readonly missed: number
}

const synchronous = { always: 'FULL', batch: 'NORMAL', never: 'OFF' } as const
const pageBytes = 4096
const mostDead = 10_000
// Freeing goes on in pieces, so that events and outputs get their turns.
const freedAtOnce = 1000
const freeMs = 10
// Room that the file keeps when it is empty, so that alerts still pass through it while the disk is full.
const reservedPages = 640
// The log in front of the file begins anew at this size, which lies within what is reserved for it.
const logPages = 512
// What a write that finds no room frees, as a multiple of what it brings.
const madeRoom = 2

const schema = `
  CREATE TABLE IF NOT EXISTS alerts (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, priority INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS cursors (output TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS dead (output TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL, priority INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
`

/**
 * Alerts on the disk until every output has them: what was accepted outlives this process.
 *
 * One SQLite file with a write-ahead log: a crash at any point loses no whole transaction and tears none.
 */
export class Spool {
  /** Messages given up for their age or for want of room, summed over the outputs that did not have them. */
  expired = 0
  private readonly database: Database
  readonly options: SpoolOptions
  private readonly now: () => number
  private readonly insert: Statement
  private readonly select: Statement<Spooled, [number, number]>
  private readonly move: Statement
  // Ids have no gaps, so that two numbers tell how many there are: counting millions of rows would take seconds.
  private first: number
  private last: number

  /** @throws Fault `spool-failed` where the directory or the file cannot be used. */
  constructor(options: SpoolOptions) {
    this.options = options
    this.now = options.now ?? Date.now
    this.database = openDatabase(options)
    this.insert = this.database.query('INSERT INTO alerts (at, priority, line) VALUES (?, ?, ?)')
    this.select = this.database.query('SELECT id, priority, line FROM alerts WHERE id > ? ORDER BY id LIMIT ?')
    this.move = this.database.query('UPDATE cursors SET id = ? WHERE output = ?')
    const { least, most } = this.database
      .query<{ least: number | null; most: number | null }, []>(
        'SELECT (SELECT min(id) FROM alerts) AS least, (SELECT max(id) FROM alerts) AS most',
      )
      .get() ?? { least: null, most: null }
    const { seq } = this.database.query<{ seq: number }, []>("SELECT seq FROM sqlite_sequence WHERE name = 'alerts'").get() ?? { seq: 0 }
    this.last = Math.max(most ?? 0, seq)
    this.first = least ?? this.last + 1
  }

  /** Accepts messages, all or none; the oldest are given up where there is no room. */
  append(messages: readonly Message[]): void {
    const at = this.now()
    const gone = this.transact(() => {
      const given = this.bytes > this.options.maxBytes ? this.giveUp(madeRoom * messages.length) : undefined
      for (const { priority, line } of messages) this.insert.run(at, priority, line)
      return given
    })
    this.last += messages.length
    this.forget(gone)
  }

  /** Where an output goes on reading; one that is new begins with what is accepted from now on. */
  cursorOf(output: string): number {
    this.database.query('INSERT OR IGNORE INTO cursors (output, id) VALUES (?, ?)').run(output, this.last)
    return this.database.query<{ id: number }, [string]>('SELECT id FROM cursors WHERE output = ?').get(output)?.id ?? 0
  }

  /** Forgets outputs that are not among these, so that nothing waits for them. */
  keepOutputs(names: readonly string[]): void {
    const rows = this.database.query<{ output: string }, []>('SELECT output FROM cursors').all()
    for (const { output } of rows) if (!names.includes(output)) this.database.query('DELETE FROM cursors WHERE output = ?').run(output)
  }

  read(after: number, limit: number): Spooled[] {
    return this.select.all(after, limit)
  }

  /** How many messages came after this one. */
  countAfter(id: number): number {
    return Math.max(0, this.last - Math.max(id, this.first - 1))
  }

  /** The output has all messages up to `id`. */
  advance(output: string, id: number): void {
    this.transact(() => this.move.run(id, output))
  }

  /** Puts aside what an output will never take, the last ones of which are kept, and moves it on. */
  bury(output: string, message: Spooled, reason: string): void {
    this.transact(() => {
      const values = [output, this.now(), reason, message.priority, message.line]
      this.database.query('INSERT INTO dead (output, at, reason, priority, line) VALUES (?, ?, ?, ?, ?)').run(...values)
      this.database.query('DELETE FROM dead WHERE rowid <= (SELECT max(rowid) FROM dead) - ?').run(mostDead)
      this.move.run(message.id, output)
    })
  }

  /**
   * Frees what every output has, and gives up what is too old or too much; to be called every second or so.
   *
   * A bounded piece of work: what is left is for the next call.
   *
   * @throws Fault `spool-failed` where the disk does not take that.
   */
  prune(): void {
    const deadline = performance.now() + freeMs
    const { least } = this.database.query<{ least: number | null }, []>('SELECT min(id) AS least FROM cursors').get() ?? { least: null }
    const all = least ?? this.last
    while (this.first <= all && performance.now() < deadline) this.free(Math.min(all, this.first + freedAtOnce - 1))
    while (this.isTooMuch() && performance.now() < deadline) this.forget(this.transact(() => this.giveUp(freedAtOnce)))
    const spare = pragma(this.database, 'freelist_count') - reservedPages
    if (spare > 0) this.database.run(`PRAGMA incremental_vacuum(${Math.min(spare, freedAtOnce)})`)
  }

  stats(): SpoolStats {
    const dead = this.database.query<{ n: number }, []>('SELECT count(*) AS n FROM dead').get()?.n ?? 0
    return { waiting: this.last - this.first + 1, bytes: this.bytes, dead }
  }

  close(): void {
    this.database.close()
  }

  private get bytes(): number {
    return (pragma(this.database, 'page_count') - pragma(this.database, 'freelist_count')) * pageBytes
  }

  private isTooMuch(): boolean {
    if (this.first > this.last) return false
    const oldest = this.database.query<{ at: number }, [number]>('SELECT at FROM alerts WHERE id >= ? ORDER BY id LIMIT 1').get(this.first)
    return this.bytes > this.options.maxBytes || (oldest?.at ?? Number.POSITIVE_INFINITY) < this.now() - this.options.maxAgeMs
  }

  private free(end: number): void {
    this.transact(() => this.database.query('DELETE FROM alerts WHERE id <= ?').run(end))
    this.first = end + 1
  }

  // The oldest ones, `most` at most; where there is room, only those that are too old.
  private giveUp(most: number): GivenUp | undefined {
    const tooOld = this.bytes > this.options.maxBytes ? Number.POSITIVE_INFINITY : this.now() - this.options.maxAgeMs
    const found = this.database.query<{ last: number | null }, [number, number]>(
      'SELECT max(id) AS last FROM (SELECT id, at FROM alerts ORDER BY id LIMIT ?) WHERE at < ?',
    )
    const end = found.get(most, tooOld)?.last
    if (end == null) return undefined
    const cursors = this.database.query<{ id: number }, []>('SELECT id FROM cursors').all()
    this.database.query('UPDATE cursors SET id = max(id, ?)').run(end)
    this.database.query('DELETE FROM alerts WHERE id <= ?').run(end)
    return { end, missed: cursors.reduce((sum, { id }) => sum + Math.max(0, end - Math.max(id, this.first - 1)), 0) }
  }

  // Only what is committed counts.
  private forget(gone: GivenUp | undefined): void {
    if (gone === undefined) return
    this.first = gone.end + 1
    this.expired += gone.missed
  }

  private transact<T>(work: () => T): T {
    try {
      return this.database.transaction(work)()
    } catch (cause) {
      throw new Fault('spool-failed', `cannot write to the spool in ${this.options.directory}: ${(cause as Error).message}`, { cause })
    }
  }
}

function pragma(database: Database, name: 'page_count' | 'freelist_count'): number {
  return database.query<Record<string, number>, []>(`PRAGMA ${name}`).get()?.[name] ?? 0
}

function openDatabase(options: SpoolOptions): Database {
  const path = join(options.directory, 'alerts.sqlite')
  try {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 })
    try {
      return prepared(path, options)
    } catch (error) {
      if (!isDamaged(error)) throw error
      renameSync(path, `${path}.damaged-${Date.now()}`)
      return prepared(path, options)
    }
  } catch (cause) {
    const isTaken = /locked|busy/i.test((cause as Error).message)
    throw new Fault('spool-failed', `cannot use ${path} as a spool: ${(cause as Error).message}`, {
      hint: isTaken ? 'end the other process that uses it' : 'set outputs_spool.directory to one that this user can write to',
      cause,
    })
  }
}

function prepared(path: string, { fsync }: SpoolOptions): Database {
  const database = new Database(path, { create: true, readwrite: true, strict: true })
  try {
    database.run(`PRAGMA page_size = ${pageBytes}`)
    database.run('PRAGMA auto_vacuum = INCREMENTAL')
    // A second process would read and write what this one delivers.
    database.run('PRAGMA locking_mode = EXCLUSIVE')
    database.run('PRAGMA journal_mode = WAL')
    database.run(`PRAGMA wal_autocheckpoint = ${logPages}`)
    database.run(`PRAGMA synchronous = ${synchronous[fsync]}`)
    database.run(schema)
    reserve(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function reserve(database: Database): void {
  const missing = reservedPages - pragma(database, 'page_count')
  if (missing <= 0) return
  try {
    database.run('INSERT INTO dead (output, at, reason, priority, line) VALUES (?, 0, ?, 0, hex(zeroblob(?)))', [
      '',
      '',
      (missing * pageBytes) / 2,
    ])
    database.run("DELETE FROM dead WHERE output = ''")
    database.run('PRAGMA wal_checkpoint(PASSIVE)')
  } catch {
    // The disk is full by now: what is there has to do.
  }
}

function isDamaged(error: unknown): boolean {
  return /not a database|malformed|corrupt/i.test((error as Error).message)
}
