import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EventInfo, events, genericExit, type SyscallInfo, syscalls } from '../src/schema/event.ts'

// Writes docs/coverage.md from the tables and from what the C files name; a test compares the two.

const here = import.meta.dir
const page = join(here, '..', 'docs', 'coverage.md')

/** Events that no system call ends with, and where they come from. */
const otherSources: Readonly<Record<string, string>> = {
  PROCEXIT_1_E: 'tracepoint sched_process_exit; always',
  SCHEDSWITCH_6_E: 'tracepoint sched_switch, where a rule names `switch`',
  SIGNALDELIVER_E: 'tracepoint signal_deliver, where a rule names `signaldeliver`',
  PAGE_FAULT_E: 'tracepoints page_fault_user and page_fault_kernel (x86_64), where a rule names `page_fault`',
  PLUGINEVENT_E: 'plugins',
  DROP_E: 'recordings only: the drop mode of older drivers',
  DROP_X: 'recordings only: the drop mode of older drivers',
  PROCINFO_E: 'recordings only',
  SCAPEVENT_E: 'recordings only',
  CPU_HOTPLUG_E: 'recordings only',
  NOTIFICATION_E: 'recordings only',
  INFRASTRUCTURE_EVENT_E: 'recordings only',
  CONTAINER_JSON_2_E: 'recordings: containers are told to the state directly',
  USER_ADDED_E: 'recordings: users are told to the state directly',
  USER_DELETED_E: 'recordings: users are told to the state directly',
  GROUP_ADDED_E: 'recordings: groups are told to the state directly',
  GROUP_DELETED_E: 'recordings: groups are told to the state directly',
  ASYNCEVENT_E: 'recordings: asynchronous events of plugins',
  SYSCALL_OPEN_E: 'not needed: the name is compared with the file that was opened',
  SYSCALL_CREAT_E: 'not needed: the name is compared with the file that was opened',
  SYSCALL_OPENAT_2_E: 'not needed: the name is compared with the file that was opened',
  SYSCALL_OPENAT2_E: 'not needed: the name is compared with the file that was opened',
  SOCKET_CONNECT_E: 'not needed: the address is compared with the socket',
}

// Calls that came after Linux 5.8, the oldest kernel that the programs run on.
const sinceKernel: Readonly<Record<string, string>> = { close_range: '5.9' }

export function coveragePage(): string {
  const current = events.filter(({ code, flags }) => code > genericExit && !flags.has('OLD_VERSION') && !flags.has('UNUSED'))
  const own = current.flatMap((event) => callsOf(event).map((call) => row(event, call)))
  const others = current.filter((event) => callsOf(event).length === 0)
  const generic = syscalls.filter(({ exit, sc }) => exit === genericExit && sc > 0)
  return `${head}
## Events with parameters of their own

${own.length} system calls, with all parameters, also of calls that fail. 32-bit programs on x86 have all of them; those without a mark
for x86_64 only they make.

| event | call | parameters | x86_64 | arm64 | kernel |
|---|---|---|---|---|---|
${own.join('\n')}

## Events that are no system call

| event | parameters | comes from |
|---|---|---|
${others.map((event) => `| ${event.name} (${event.code}) | ${event.params.length} | ${sourceOf(event)} |`).join('\n')}

## Generic events

The other ${generic.length} system calls of the tables have an event that says which it was (\`evt.type\`) and its number. Those of
this list that an architecture lacks never come there.

${wrap(generic.map(({ name }) => name).join(' '))}

A system call that is newer than the tables is traced with \`base_syscalls.all\`, as \`unknown\` with its number.
`
}

function row(event: EventInfo, call: SyscallInfo): string {
  const mark = (is: boolean) => (is ? 'yes' : '-')
  const cells = [
    `${event.name} (${event.code})`,
    call.name,
    String(event.params.length),
    mark(call.x86_64 !== undefined),
    mark(call.arm64 !== undefined),
    sinceKernel[call.name] ?? '5.8',
  ]
  return `| ${cells.join(' | ')} |`
}

function callsOf(event: EventInfo): SyscallInfo[] {
  return syscalls.filter(({ exit }) => exit === event.code)
}

function sourceOf({ id }: EventInfo): string {
  if (id.startsWith('ITER_TASK')) return "not needed: the first look is the library's own"
  const source = otherSources[id]
  if (source === undefined) throw new Error(`ffi/coverage.ts does not say where ${id} comes from`)
  return source
}

function wrap(text: string): string {
  return text.replace(/(.{1,136})(?: |$)/g, '$1\n').trimEnd()
}

const head = `# What is captured

Written by \`bun ffi/coverage.ts\` from the tables; names of events are those of \`evt.type\`, numbers the driver's.

## Kernels

| kernel | what it brings |
|---|---|
| 5.8 | needed: memory-mapped BPF maps, with BTF. Every event of this page |
| 5.11 | the kernel's structures are read with plain loads: events cost less. No right to lock memory is needed |
| 5.12 | names that lead to their file by links are told from names that another thread has changed |
| 6.2 | the first of these also for files and sockets |

Events are those of the *exit* of a call: what it was given and what it gave back. What a pointer leads to is read when the call
ends. Paths of open, openat, openat2 and creat, and addresses of connect, are compared with the file and the socket, so that they are
what the kernel acted on. Calls made through io_uring are seen as its setup, enter and register calls.

32-bit programs on x86 (ia32) are captured with the names of the 64-bit calls: \`setuid32\` is \`setuid\`, \`clock_gettime64\` is
\`clock_gettime\`; what goes through \`socketcall\` and \`ipc\` is told as the call that it stands for. 32-bit ARM programs are not.

## What is traced

| configuration | system calls |
|---|---|
| default | those that rules can match, and those that the state of processes and descriptors is kept by. Of the latter, calls that cannot change it are dropped in the kernel |
| \`base_syscalls.all: true\` | all system calls, reading and writing too |
| \`base_syscalls.custom_set: [a, b]\` | those of rules, a and b; not what the state is kept by |
| \`base_syscalls.custom_set: ["!c"]\` | the default without c, though a rule may ask for it |
| \`base_syscalls.repair: true\` | those of rules and of custom_set, what processes are kept by, and, where one of these works on descriptors, what those are kept by |

The end of threads (\`procexit\`) is always traced. A rule that names no types of events is not tried on reading and writing, nor on
thread switches, signals and page faults: these come very often. A rule that names them is.

| configuration | does |
|---|---|
| \`engine.modern_ebpf.drop_failed_exit\` | calls that fail are dropped in the kernel, save for connections that are still being made |
| \`engine.modern_ebpf.buf_size_preset\` | bytes that share one ring: 1 to 10 are 1 to 512 MiB, 4 is 8 MiB |
| \`engine.modern_ebpf.cpus_for_each_buffer\` | CPUs that share these; each of them has its part, of 512 KiB at least, as a ring of its own. 0: all |
| \`engine.modern_ebpf.disable_iterators\` | the first look at processes is taken from /proc alone, without the kernel's iterators (\`docs/kernels.md\`) |
| \`falco_libs.snaplen\` | bytes kept of what is read, written, sent and received: 80, and 64,000 at most, so that an event has room in a recording |
`

if (import.meta.main) writeFileSync(page, coveragePage())
