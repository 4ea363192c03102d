import { Fault } from '../../base/fault.ts'
import type { FieldArg, FieldFlag, Value } from '../../condition/field.ts'
import type { Event } from '../../event/event.ts'
import type { Thread } from '../../event/thread.ts'
import type { EventField } from '../field.ts'
import { ancestorOf, argumentLine, commandLine, findAncestor, joined, ofAncestors, parentOf, shownPid } from '../shared/threads.ts'

const byLevel: FieldArg = { required: false, kind: 'index' }
const ancestorFlags: readonly FieldFlag[] = ['no_rhs', 'no_transformer']

/** Names, arguments and environments of the process and its ancestors. */
export const nameFields: readonly EventField[] = [
  own('proc.exe', 'First word of the command line (argv[0]), which the program can choose.', (thread) => thread.exe),
  parent('proc.pexe', 'First word of the command line (argv[0]) of the parent process.', (thread) => thread.exe),
  ancestor('proc.aexe', 'First word of the command line (argv[0]) of an ancestor', (thread) => thread.exe),
  own('proc.exepath', 'Full path of the executable.', (thread) => thread.exepath),
  parent('proc.pexepath', "Full path of the parent process's executable.", (thread) => thread.exepath),
  ancestor('proc.aexepath', "Full path of an ancestor's executable", (thread) => thread.exepath),
  own('proc.name', 'Name of the process, which the kernel cuts to 15 bytes.', (thread) => thread.comm),
  parent('proc.pname', 'Name of the parent process.', (thread) => thread.comm),
  ancestor('proc.aname', 'Name of an ancestor', (thread) => thread.comm),
  {
    name: 'proc.args',
    type: 'CHARBUF',
    arg: byLevel,
    help: 'Arguments of the process with blanks between, without the first word of the command line; or one of them, by its number from 0.',
    get: (e) => (e.thread === undefined ? undefined : argumentLine(e.thread)),
    haystack: (e) => e.thread?.argText.text,
    at: (arg) => {
      const index = levelOf('proc.args', arg)
      return (e) => (e.thread === undefined ? undefined : (e.thread.args[index] ?? ''))
    },
  },
  {
    name: 'proc.aargs',
    type: 'CHARBUF',
    arg: byLevel,
    help: 'Arguments of all ancestors, nearest first; or of one, by its generation (1 for the parent).',
    get: (e) => joined(ofAncestors(e, argumentLine)),
    at: (arg) => atLevel('proc.aargs', arg, argumentLine),
  },
  own('proc.cmdline', 'Name of the process and its arguments, with blanks between.', commandLine),
  parent('proc.pcmdline', 'Name and arguments of the parent process.', commandLine),
  ancestor('proc.acmdline', 'Name and arguments of an ancestor', commandLine),
  {
    name: 'proc.cmdnargs',
    type: 'UINT64',
    format: 'DEC',
    help: 'Number of arguments of the process.',
    get: (e) => e.thread?.args.length,
  },
  {
    name: 'proc.cmdlenargs',
    type: 'UINT64',
    format: 'DEC',
    help: 'Length of all arguments together, without the blanks between.',
    get: (e) => e.thread?.args.reduce((sum, arg) => sum + arg.length, 0),
  },
  own(
    'proc.exeline',
    'First word of the command line (argv[0]) and the arguments, with blanks between.',
    (thread) => `${thread.exe} ${argumentLine(thread)}`,
  ),
  {
    name: 'proc.env',
    type: 'CHARBUF',
    arg: { required: false, kind: 'key' },
    help: 'Environment as NAME=value texts with blanks between; or the value of the variable that the argument names.',
    get: (e) => e.thread?.envText.line,
    haystack: (e) => e.thread?.envText.text,
    at: (name) => (e) => (e.thread === undefined ? undefined : variableOf(e.thread, name)),
  },
  {
    name: 'proc.aenv',
    type: 'CHARBUF',
    arg: { required: false, kind: 'either' },
    flags: ancestorFlags,
    isAny: true,
    help: "Conditions compare with each ancestor's environment; an argument takes one generation (a number) or the nearest ancestor's variable of that name.",
    get: (e) => ofAncestors(e, envLine),
    at: (arg) => (isNumber(arg) ? atLevel('proc.aenv', arg, envLine) : ancestorVariable(arg)),
    show: (arg) => {
      if (arg === undefined) return (e) => e.thread?.envText.line
      return isNumber(arg) ? atLevel('proc.aenv', arg, envLine) : ancestorVariable(arg)
    },
  },
  own('proc.cwd', 'Current directory, with a slash at its end.', (thread) => directory(thread.cwd)),
  {
    name: 'proc.loginshellid',
    type: 'INT64',
    format: 'ID',
    help: 'Process id of the oldest shell among the process and its ancestors.',
    get: loginShell,
  },
]

/** A field of the process itself. */
function own(name: string, help: string, read: (thread: Thread) => string): EventField {
  const get = (event: Event) => (event.thread === undefined ? undefined : read(event.thread))
  return { name, type: 'CHARBUF', help, get }
}

function parent(name: string, help: string, read: (thread: Thread) => string): EventField {
  const get = (event: Event) => {
    const thread = parentOf(event)
    return thread === undefined ? undefined : read(thread)
  }
  return { name, type: 'CHARBUF', help, get }
}

// Without a generation, conditions look for one ancestor that fits, and outputs list all.
function ancestor(name: string, what: string, read: (thread: Thread) => string): EventField {
  return {
    name,
    type: 'CHARBUF',
    arg: byLevel,
    flags: ancestorFlags,
    isAny: true,
    help: `${what}, by its generation (0 for the process itself, 1 for its parent); conditions without one look for any ancestor.`,
    get: (event) => ofAncestors(event, read),
    at: (arg) => atLevel(name, arg, read),
    show: (arg) => (arg === undefined ? (event) => joined(ofAncestors(event, read)) : atLevel(name, arg, read)),
  }
}

/** The reader for the ancestor of one generation. */
export function atLevel(name: string, arg: string, read: (thread: Thread) => Value): (event: Event) => Value {
  // Rules may name a generation before the process itself: there is none.
  if (/^-\d{1,4}$/.test(arg)) return () => undefined
  const level = levelOf(name, arg)
  return (event) => {
    const thread = ancestorOf(event, level)
    return thread === undefined ? undefined : read(thread)
  }
}

export function levelOf(name: string, arg: string): number {
  if (!isNumber(arg))
    throw new Fault('field-argument', `${name} takes a number from 0, not ${arg}`, { hint: `write ${name}[1], for example` })
  return Number(arg)
}

function isNumber(arg: string): boolean {
  return /^\d{1,4}$/.test(arg)
}

function envLine(thread: Thread): string {
  return thread.envText.line
}

function directory(cwd: string): string {
  return cwd === '' || cwd.endsWith('/') ? cwd : `${cwd}/`
}

function variableOf(thread: Thread, name: string): string {
  const start = `${name}=`
  return thread.env.find((variable) => variable.startsWith(start))?.slice(start.length) ?? ''
}

function ancestorVariable(name: string): (event: Event) => Value {
  const start = `${name}=`
  return (event) => {
    if (event.thread === undefined) return undefined
    const found = findAncestor(event, (thread) => thread.env.some((variable) => variable.startsWith(start)))
    return found === undefined ? '' : variableOf(found, name)
  }
}

function loginShell(event: Event): number | undefined {
  const own = event.thread?.main
  let shell = own !== undefined && isShell(own) ? own : undefined
  findAncestor(event, (thread) => {
    if (isShell(thread)) shell = thread
    return false
  })
  return shownPid(shell?.pid)
}

function isShell(thread: Thread): boolean {
  return thread.comm.endsWith('sh')
}
