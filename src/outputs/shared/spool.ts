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

const synchronous = { always: 'FULL', batch: 'NORMAL', never: 'OFF' } as const
const pageBytes = 4096
// What is given up at once when there is no room, as a part of what waits.
const givenUpPart = 16
const mostDead = 10_000
// Freeing goes on in pieces, so that events and outputs get their turns.
const freedAtOnce = 1000
const freeMs = 10

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
  private readonly options: SpoolOptions
  private readonly now: () => number
  private readonly insert: Statement
  private readonly select: Statement<Spooled, [number, number]>
  private readonly move: Statement

  /** @throws Fault `spool-failed` where the directory or the file cannot be used. */
  constructor(options: SpoolOptions) {
    this.options = options
    this.now = options.now ?? Date.now
    this.database = openDatabase(options)
    this.insert = this.database.query('INSERT INTO alerts (at, priority, line) VALUES (?, ?, ?)')
    this.select = this.database.query('SELECT id, priority, line FROM alerts WHERE id > ? ORDER BY id LIMIT ?')
    this.move = this.database.query('UPDATE cursors SET id = ? WHERE output = ?')
  }

  /** Accepts messages, all or none. */
  append(messages: readonly Message[]): void {
    const at = this.now()
    this.transact(() => {
      for (const { priority, line } of messages) this.insert.run(at, priority, line)
    })
  }

  /** Where an output goes on reading; one that is new begins with what is accepted from now on. */
  cursorOf(output: string): number {
    const { last } = this.database.query<{ last: number }, []>('SELECT coalesce(max(id), 0) AS last FROM alerts').get() ?? { last: 0 }
    const { seq } = this.database.query<{ seq: number }, []>("SELECT seq FROM sqlite_sequence WHERE name = 'alerts'").get() ?? { seq: 0 }
    this.database.query('INSERT OR IGNORE INTO cursors (output, id) VALUES (?, ?)').run(output, Math.max(last, seq))
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
    return this.database.query<{ n: number }, [number]>('SELECT count(*) AS n FROM alerts WHERE id > ?').get(id)?.n ?? 0
  }

  /** The output has all messages up to `id`. */
  advance(output: string, id: number): void {
    this.move.run(id, output)
  }

  /** Puts aside what an output will never take, the last ones of which are kept, and moves it on. */
  bury(output: string, message: Spooled, reason: string): void {
    this.transact(() => {
      const values = [output, this.now(), reason, message.priority, message.line]
      this.database.query('INSERT INTO dead (output, at, reason, priority, line) VALUES (?, ?, ?, ?, ?)').run(...values)
      this.database.query('DELETE FROM dead WHERE rowid <= (SELECT max(rowid) FROM dead) - ?').run(mostDead)
      this.advance(output, message.id)
    })
  }

  /**
   * Frees what every output has, and gives up what is too old or too much; to be called every second or so.
   *
   * A bounded piece of work: what is left is for the next call.
   */
  prune(): void {
    const { least } = this.database.query<{ least: number | null }, []>('SELECT min(id) AS least FROM cursors').get() ?? { least: null }
    if (least !== null) this.free(least)
    this.transact(() => {
      this.giveUp('at < ?', this.now() - this.options.maxAgeMs)
      const { waiting, bytes } = this.stats()
      if (bytes > this.options.maxBytes) this.giveUp('id IN (SELECT id FROM alerts ORDER BY id LIMIT ?)', Math.ceil(waiting / givenUpPart))
    })
  }

  private free(last: number): void {
    const deadline = performance.now() + freeMs
    const first = this.database.query<{ id: number | null }, []>('SELECT min(id) AS id FROM alerts')
    for (let id = first.get()?.id ?? last + 1; id <= last && performance.now() < deadline; id += freedAtOnce)
      this.database.query('DELETE FROM alerts WHERE id <= ?').run(Math.min(last, id + freedAtOnce))
    this.database.run('PRAGMA incremental_vacuum(1000)')
  }

  stats(): SpoolStats {
    const count = (table: 'alerts' | 'dead') => this.database.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0
    const pages = this.database.query<{ page_count: number }, []>('PRAGMA page_count').get()?.page_count ?? 0
    const free = this.database.query<{ freelist_count: number }, []>('PRAGMA freelist_count').get()?.freelist_count ?? 0
    return { waiting: count('alerts'), bytes: (pages - free) * pageBytes, dead: count('dead') }
  }

  close(): void {
    this.database.close()
  }

  private giveUp(condition: string, value: number): void {
    const gone = this.database.query<{ last: number | null }, [number]>(`SELECT max(id) AS last FROM alerts WHERE ${condition}`).get(value)
    if (gone?.last == null) return
    const missed = this.database.query<{ n: number }, [number]>(
      'SELECT count(*) AS n FROM alerts JOIN cursors ON alerts.id > cursors.id WHERE alerts.id <= ?',
    )
    this.expired += missed.get(gone.last)?.n ?? 0
    this.database.query('UPDATE cursors SET id = max(id, ?)').run(gone.last)
    this.database.query('DELETE FROM alerts WHERE id <= ?').run(gone.last)
  }

  private transact(work: () => void): void {
    try {
      this.database.transaction(work)()
    } catch (cause) {
      throw new Fault('spool-failed', `cannot write to the spool in ${this.options.directory}: ${(cause as Error).message}`, { cause })
    }
  }
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
    database.run(`PRAGMA synchronous = ${synchronous[fsync]}`)
    database.run(schema)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function isDamaged(error: unknown): boolean {
  return /not a database|malformed|corrupt/i.test((error as Error).message)
}
