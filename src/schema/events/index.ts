import { fileEvents } from './file.ts'
import { ioEvents } from './io.ts'
import { networkEvents } from './network.ts'
import { otherEvents } from './other.ts'
import { processEvents } from './process.ts'
import { userEvents } from './user.ts'

/** The rows of all event families; see a family file for the columns. */
export const eventRows: readonly string[] = [otherEvents, fileEvents, ioEvents, processEvents, networkEvents, userEvents].flatMap((rows) =>
  rows.trim().split('\n'),
)
