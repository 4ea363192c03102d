import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { readBody } from './body.ts'
import type { AuditIntake, Receipt } from './intake.ts'

// So many bytes of whole lines are read at once; and a document may be as large as this, if it is not one line an event.
const chunkBytes = 1024 * 1024
const documentBytes = 256 * 1024 * 1024

/** Is told what became of the events of a part of a file. */
export type Report = (path: string, receipt: Receipt, bytes: number) => void

/**
 * Reads a file of audit events, or all files of a directory in the order of their names; `.gz` files are decompressed.
 *
 * A file has one event or list a line, or is one JSON document.
 *
 * @throws Fault `audit-file`.
 */
export async function readAuditFiles(path: string, intake: AuditIntake, report: Report): Promise<void> {
  for await (const { file, bytes } of partsAt(path)) report(file, await take(bytes, intake), bytes.length)
}

/** The parts of a file, or of all files of a directory, each of which can be read by itself. */
export async function* partsAt(path: string): AsyncGenerator<{ readonly file: string; readonly bytes: Buffer }> {
  for (const file of filesAt(path)) {
    for await (const bytes of partsOf(file)) yield { file, bytes }
  }
}

/** Bytes of a file; 0 where that cannot be told. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** The files at a path: itself, or those in a directory. */
export function filesAt(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    return names.map((entry) => join(path, entry.name)).sort()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

// A file that is none keeps the others from nothing.
async function take(bytes: Buffer, intake: AuditIntake): Promise<Receipt> {
  try {
    return await intake.take(() => readBody(bytes, Number.POSITIVE_INFINITY))
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    return intake.refuse(cause.message)
  }
}

/** Whole lines, a megabyte or so at a time; the whole file where its lines are no values by themselves. Then throws what went wrong. */
async function* partsOf(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  let size = 0
  let isLines: boolean | undefined
  let problem: unknown
  for await (const chunk of streamOf(path, (cause) => {
    problem = cause
  })) {
    rest.push(chunk)
    size += chunk.length
    const newline = chunk.lastIndexOf(0x0a)
    if (size < chunkBytes || newline < 0 || isLines === false) {
      if (size > documentBytes) throw new Fault('audit-file', `${path} has a document of more than ${documentBytes} bytes`)
      continue
    }
    const whole = Buffer.concat(rest)
    isLines ??= startsWithValue(whole)
    if (!isLines) {
      rest = [whole]
      continue
    }
    const end = whole.length - chunk.length + newline + 1
    yield whole.subarray(0, end)
    rest = [whole.subarray(end)]
    size = whole.length - end
  }
  if (size > 0) yield Buffer.concat(rest)
  if (problem !== undefined) throw unreadable(path, problem)
}

async function* streamOf(path: string, onProblem: (cause: unknown) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunkBytes })
  const stream: Readable = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  file.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (cause) {
    onProblem(cause)
  }
}

function startsWithValue(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.latin1Slice(0, bytes.indexOf(0x0a)))
    return true
  } catch {
    return false
  }
}

function unreadable(path: string, cause: unknown): Fault {
  return new Fault('audit-file', `cannot read audit events from ${path}: ${fileProblem(cause)}`, {
    hint: 'check open_params of the plugin k8saudit, and who may read the file',
    cause,
  })
}
