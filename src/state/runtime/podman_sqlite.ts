import { constants, Database } from 'bun:sqlite'
import { isFile } from './files.ts'
import { objectOf } from './values.ts'

/** JSON of what was asked for, and of what came of it. */
export interface PodmanRows {
  readonly config: string
  readonly state: string | undefined
}

/**
 * What a newer Podman's database (`db.sql`) has noted of a container; undefined where it does not know it.
 *
 * Only for files that root alone writes: what a table is, the file itself says.
 */
export function readRows(path: string, fullId: string): PodmanRows | undefined {
  if (!isFile(path)) return undefined
  let database: Database | undefined
  try {
    // Without locks, for which its owner would have to wait: what is half written is not understood, and passed over.
    database = new Database(`file:${encodeURI(path)}?immutable=1`, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI)
    const config = jsonIn(database, 'ContainerConfig', fullId)
    return config === undefined ? undefined : { config, state: jsonIn(database, 'ContainerState', fullId) }
  } catch {
    return undefined
  } finally {
    database?.close()
  }
}

function jsonIn(database: Database, table: 'ContainerConfig' | 'ContainerState', fullId: string): string | undefined {
  const row = objectOf(database.query(`SELECT JSON FROM ${table} WHERE ID = ?`).get(fullId))
  return typeof row.JSON === 'string' ? row.JSON : undefined
}
