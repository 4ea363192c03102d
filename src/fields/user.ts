import type { Event } from '../event/event.ts'
import type { User } from '../event/thread.ts'
import type { EventField, FieldClass } from './field.ts'
import { missing } from './shared/argument.ts'

const notSet = 0xffff_ffff

const fields: readonly EventField[] = [
  {
    name: 'user.uid',
    type: 'UINT32',
    format: 'ID',
    help: 'User id; 4294967295 where it is not known.',
    get: (e) => unsigned(e.thread?.uid),
  },
  ofUser('user.name', 'Name of the user.', (user) => user.name),
  ofUser('user.homedir', 'Home directory of the user.', (user) => user.home),
  ofUser('user.shell', 'Login shell of the user.', (user) => user.shell),
  {
    name: 'user.loginuid',
    type: 'INT64',
    format: 'ID',
    help: 'Id of the user who logged in, as the audit system keeps it through su and sudo; -1 where nobody did.',
    get: (e) => (e.thread?.loginuid === notSet ? -1 : e.thread?.loginuid),
  },
  {
    name: 'user.loginname',
    type: 'CHARBUF',
    help: 'Name of the user who logged in.',
    get: (e) => (e.thread === undefined ? undefined : known(e.thread.loginUser?.name)),
  },
]

const groupFields: readonly EventField[] = [
  {
    name: 'group.gid',
    type: 'UINT32',
    format: 'ID',
    help: 'Group id; 4294967295 where it is not known.',
    get: (e) => unsigned(e.thread?.gid),
  },
  {
    name: 'group.name',
    type: 'CHARBUF',
    help: 'Name of the group.',
    get: (e) => (e.thread === undefined ? undefined : known(e.thread.group?.name)),
  },
]

/** `user`: on whose behalf. */
export const userClass: FieldClass = { name: 'user', description: 'The user of the process.', fields }

/** `group`: on behalf of which group. */
export const groupClass: FieldClass = { name: 'group', description: 'The group of the process.', fields: groupFields }

function ofUser(name: string, help: string, read: (user: User) => string): EventField {
  const get = (event: Event): string | undefined => {
    const { thread } = event
    if (thread === undefined) return undefined
    const { user } = thread
    return user === undefined ? missing : known(read(user))
  }
  return { name, type: 'CHARBUF', help, get }
}

// A user that the database does not hold has the name <NA>, so that conditions can ask for it.
function known(text: string | undefined): string {
  return text === undefined || text === '' ? missing : text
}

function unsigned(id: number | undefined): number | undefined {
  return id === undefined ? undefined : id >>> 0
}
