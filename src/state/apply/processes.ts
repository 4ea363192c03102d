import { optimizeLittle } from '../../base/jit.ts'
import { joinPath } from '../../base/path.ts'
import type { Event } from '../../event/event.ts'
import { Fds } from '../fds.ts'
import { flag } from '../flags.ts'
import { Image, withoutSlash } from '../image.ts'
import { slotBytes } from '../memory.ts'
import type { State } from '../state.ts'
import { Texts } from '../texts.ts'
import { type ThreadState, unknownId } from '../thread.ts'
import { areCgroups, type ChangeRows, directoryOf, isText, readFd } from './change.ts'

/** Events that tell all about their thread. */
export const processBirths: ChangeRows = [
  ['SYSCALL_CLONE_20_X', clone],
  ['SYSCALL_FORK_20_X', clone],
  ['SYSCALL_VFORK_20_X', clone],
  ['SYSCALL_CLONE3_X', clone],
  ['SYSCALL_EXECVE_19_X', exec],
  ['SYSCALL_EXECVEAT_X', exec],
]

export const processChanges: ChangeRows = [
  ['SYSCALL_EXECVE_19_E', execveEnter],
  ['SYSCALL_EXECVEAT_E', execveatEnter],
  ['PROCEXIT_1_E', exit],
  ['SCHEDSWITCH_6_E', schedSwitch],
  ['SYSCALL_BRK_4_X', memory],
  ['SYSCALL_MMAP_X', memory],
  ['SYSCALL_MMAP2_X', memory],
  ['SYSCALL_MUNMAP_X', memory],
  ['SYSCALL_CHROOT_X', chroot],
  ['SYSCALL_SETSID_X', setsid],
  ['SYSCALL_SETPGID_X', setpgid],
  ['SYSCALL_PRCTL_X', prctl],
  ['SYSCALL_PRLIMIT_X', prlimit],
  ['SYSCALL_SETRLIMIT_X', setrlimit],
]

// Parameters that clone and exec share: 1 exe, 2 args, 3 tid, 4 pid, 5 ptid, 6 cwd, 7 fdlimit, 8/9 page faults, 10 to 12 memory,
// 13 comm, 14 cgroups. Then clone: 15 flags, 16 uid, 17 gid, 18 vtid, 19 vpid, 20 pidns_init_start_ts.
function clone(event: Event, thread: ThreadState, state: State): void {
  const child = readFd(event, 0)
  if (child === 0) cloneInChild(event, thread, state)
  else cloneInParent(event, thread, state, child)
}

function cloneInParent(event: Event, parent: ThreadState, state: State, tid: number): void {
  if (parent.isUnknown) takeFromClone(event, parent, state)
  if (tid < 0) return
  const flags = event.uint(15)
  // In another pid namespace the result is not the number that the host knows: the child's own event will tell.
  if ((flags & (flag.CLONE_CHILD_IN_PIDNS | flag.CLONE_NEWPID)) !== 0 || readFd(event, 18) !== parent.tid) return
  const known = state.threads.get(tid)
  if (known?.expects === 'parent' && known.wasJustCloned(event.tsLow, event.tsHigh)) {
    known.expects = 'nothing'
    return
  }
  if (known !== undefined && isFound(event, known)) {
    known.expects = 'child'
    return
  }
  const isThread = (flags & flag.CLONE_THREAD) !== 0
  const made = state.threads.add(tid, isThread ? parent.pid : tid, state, parent.fds)
  made.expects = 'child'
  made.vtid = tid
  made.vpid = isThread ? parent.vpid : tid
  made.ptid = (flags & (flag.CLONE_PARENT | flag.CLONE_THREAD)) !== 0 ? parent.ptid : parent.tid
  finishClone(event, made, parent, flags, state)
}

// The first look has found the child as it was then, after this: what its parent has by now is not what it has.
function isFound(event: Event, known: ThreadState): boolean {
  return known.expects === 'either' && known.wasJustCloned(event.tsLow, event.tsHigh)
}

function cloneInChild(event: Event, thread: ThreadState, state: State): void {
  if (thread.expects === 'child') {
    thread.expects = 'nothing'
    return
  }
  const { tid } = thread
  const flags = event.uint(15)
  const pid = readFd(event, 4)
  const ptid = readFd(event, 5)
  if (isFound(event, thread)) {
    thread.expects = 'parent'
    return
  }
  const isThread = (flags & flag.CLONE_THREAD) !== 0
  const origin = state.threads.get(isThread ? pid : ptid)
  const from = origin === undefined || origin.isUnknown || origin.tid === tid ? undefined : origin
  const made = state.threads.add(tid, pid, state, from?.fds)
  event.thread = made
  made.expects = 'parent'
  made.ptid = ptid
  made.vtid = readFd(event, 18)
  made.vpid = readFd(event, 19)
  if (from === undefined) {
    takeFromClone(event, made, state)
    made.ptid = ptid
    made.setCloneTs(event.tsLow, event.tsHigh)
    made.flags = flags
    return
  }
  finishClone(event, made, from, flags, state)
}

function finishClone(event: Event, made: ThreadState, from: ThreadState, flags: number, state: State): void {
  made.inherit(from)
  takeNames(event, made, state)
  takeCounters(event, made)
  made.flags = flags
  made.setCloneTs(event.tsLow, event.tsHigh)
  made.seen = from.seen
  if ((flags & flag.CLONE_FILES) === 0) copyFds(made, from, state)
  takeIdentity(event, made)
  takePidns(event, made, state)
  if ((flags & flag.CLONE_THREAD) !== 0) state.joinGroup(made)
  state.linkParent(made)
}

function copyFds(made: ThreadState, from: ThreadState, state: State): void {
  const { fds } = from
  state.memory.note(fds.places * slotBytes)
  made.fds = state.memory.isFull ? new Fds() : fds.copy()
}

// The kernel counts from the boot, and tells nothing (0, or the first seconds) of the namespace that the machine began with.
function takePidns(event: Event, made: ThreadState, state: State): void {
  if (event.lengthOf(20) !== 8) return
  const at = event.offsetOf(20)
  if (event.view.getUint32(at + 4, true) !== 0) made.setPidnsInitStart(state.bootTs + event.view.getBigUint64(at, true))
}

// Nearly always what is known already; it is not where an execve, a prctl or a move between cgroups was missed.
function takeNames(event: Event, thread: ThreadState, state: State): void {
  if (!isText(event, 1, thread.exe)) {
    const comm = event.text(13) ?? ''
    const image = thread.image.renamed(comm, event.text(1) ?? '', new Texts(event.raw(2)))
    thread.image = state.memory.isFull ? image.short() : image
    thread.ownComm = undefined
  } else if (!isText(event, 13, thread.comm)) thread.ownComm = event.text(13) ?? ''
  if (event.lengthOf(14) === 0) return
  takeCgroups(event, thread, state)
}

function takeCgroups(event: Event, thread: ThreadState, state: State): void {
  if (areCgroups(event, 14, thread.cgroupTexts) || state.memory.isFull) return
  thread.setCgroups(state.programs.cgroups(event), undefined)
  state.noteContainer(thread)
}

function takeIdentity(event: Event, thread: ThreadState): void {
  thread.fdLimit = safe(event.int(7))
  const uid = event.uint(16)
  const gid = event.uint(17)
  thread.uid = uid
  thread.gid = gid
}

/** All that a clone event tells of the thread that it comes from. */
function takeFromClone(event: Event, thread: ThreadState, state: State): void {
  thread.isUnknown = false
  thread.pid = readFd(event, 4)
  thread.ptid = readFd(event, 5)
  const image = Image.named(event.text(13) ?? '', event.text(1) ?? '', new Texts(event.raw(2)))
  image.exepath = ''
  thread.image = state.memory.isFull ? image.short() : image
  if (!state.memory.isFull) thread.setCgroups(state.programs.cgroups(event), undefined)
  thread.ownCwd = withoutSlash(event.text(6) ?? '')
  thread.vtid = readFd(event, 18)
  thread.vpid = readFd(event, 19)
  takeIdentity(event, thread)
  takeCounters(event, thread)
  if (thread.tid !== thread.pid) state.joinGroup(thread)
  state.linkParent(thread)
}

// Counters and limits do not come to 53 bits; what a damaged recording claims is cut to what a number holds.
function safe(value: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER))
}

function takeCounters(event: Event, thread: ThreadState): void {
  thread.pfMajor = safe(event.uint(8))
  thread.pfMinor = safe(event.uint(9))
  thread.vmSizeKb = event.uint(10)
  thread.vmRssKb = event.uint(11)
  thread.vmSwapKb = event.uint(12)
}

// 15 env, 16 tty, 17 vpgid, 18 loginuid, 19 flags, 20 to 22 capabilities, 23 to 25 ino, ctime and mtime of the executable, 26 uid,
// 27 path of the executable, 28 pgid, 29 gid, 30 filename (execve alone).
function exec(event: Event, thread: ThreadState, state: State): void {
  if (readFd(event, 0) < 0) return
  const wasUnknown = thread.isUnknown
  // The directory that the event tells counts live alone, where a chdir may have been missed: of a recording Falco takes it from none.
  const cwd = state.isLive && event.lengthOf(6) > 1 ? undefined : thread.cwd
  thread.ownCaps = event.lengthOf(22) === 8 ? undefined : thread.caps
  thread.isUnknown = false
  thread.isDead = false
  // The parent's telling of the clone may still come.
  if (thread.expects === 'child') thread.expects = 'nothing'
  thread.pid = readFd(event, 4)
  moveTo(thread, readFd(event, 5), state)
  if (thread.tid === thread.pid) thread.main = thread
  else state.joinGroup(thread)
  if (wasUnknown) {
    thread.vtid = thread.tid
    thread.vpid = thread.pid
  }
  thread.fds = thread.fds.afterExec()
  const image = Image.fromEvent(event, state.programs, state.keepsEnv)
  thread.image = state.memory.isFull ? image.short() : image
  thread.ownComm = undefined
  thread.ownCwd = wasUnknown && !state.isLive ? '' : cwd
  thread.fdLimit = safe(event.int(7))
  takeCounters(event, thread)
  takeExecIds(event, thread)
  setExepath(event, thread, state)
  takeCgroups(event, thread, state)
}

// Old versions of the event lack the last ones.
function takeExecIds(event: Event, thread: ThreadState): void {
  if (event.lengthOf(16) > 0) thread.tty = event.uint(16)
  if (event.lengthOf(17) > 0) thread.vpgid = readFd(event, 17)
  if (event.lengthOf(18) > 0) thread.loginuid = event.uint(18)
  if (event.lengthOf(26) > 0) thread.uid = event.uint(26)
  if (event.lengthOf(28) > 0) thread.pgid = readFd(event, 28)
  const gid = event.lengthOf(29) > 0 ? event.uint(29) : unknownId
  if (gid !== unknownId) thread.gid = gid
}

// The kernel's own answer is in the image; without it, what the call asked for.
function setExepath(event: Event, thread: ThreadState, state: State): void {
  const asked = thread.execPath
  thread.execPath = undefined
  const length = event.lengthOf(27)
  if (length > 1 && !(length === 5 && event.text(27) === '<NA>')) return
  const filename = event.text(30)
  if (filename !== undefined && filename !== '' && filename !== '<NA>') thread.image.exepath = joinPath(thread.cwd, filename)
  else thread.image.exepath = asked ?? ''
  if (state.isLive && /^$|\/fd\/\d+$/.test(thread.image.exepath)) lookAtExecutable(thread, state)
}

// An old kernel module tells no more than a descriptor: what that stood for runs now. Where the program has ended by now, its name
// still says that it came out of a memory file: the kernel names those so, as nothing of the caller does.
function lookAtExecutable(thread: ThreadState, state: State): void {
  const seen = state.options.procfs?.executable(thread.pid) ?? ''
  if (seen !== '') thread.image.setExecutable(seen)
  else if (thread.comm.startsWith('memfd:')) thread.image.setExecutable(`/${thread.comm}`)
}

// filename
function execveEnter(event: Event, thread: ThreadState): void {
  const path = event.text(0)
  thread.execPath = path === undefined || path === '' || path === '<NA>' ? undefined : joinPath(thread.cwd, path)
}

// dirfd pathname flags
function execveatEnter(event: Event, thread: ThreadState): void {
  const dirfd = readFd(event, 0)
  const path = event.text(1) ?? ''
  if (path === '' || path === '<NA>') {
    thread.execPath = (event.uint(2) & flag.AT_EMPTY_PATH) === 0 ? undefined : thread.fds.get(dirfd)?.name
    return
  }
  thread.execPath = joinPath(path.startsWith('/') ? '' : directoryOf(thread, dirfd), path)
}

function moveTo(thread: ThreadState, ptid: number, state: State): void {
  thread.ptid = ptid
  if (thread.listedParent?.tid !== ptid) state.linkParent(thread)
}

// status ret sig core reaper_tid
function exit(event: Event, thread: ThreadState, state: State): void {
  state.endAfterEvent(thread, event.lengthOf(4) > 0 ? readFd(event, 4) : reaperOf(thread, state))
  state.threads.markDead(thread)
}

// Old recordings do not tell it: a sibling thread, the nearest subreaper, or the init of the pid namespace.
function reaperOf(thread: ThreadState, state: State): number {
  if (thread.main !== thread && !thread.main.isDead) return thread.main.tid
  let above = thread.parent
  for (let depth = 0; above !== undefined && depth < 64; depth++) {
    if (above.isSubreaper || above.vpid === 1) return above.tid
    above = above.parent
  }
  return state.find(1) === undefined ? 0 : 1
}

// next pgft_maj pgft_min vm_size vm_rss vm_swap; memory is the process's, faults are the thread's
function schedSwitch(event: Event, thread: ThreadState): void {
  const { main } = thread
  thread.pfMajor = safe(event.uint(1))
  thread.pfMinor = safe(event.uint(2))
  main.vmSizeKb = event.uint(3)
  main.vmRssKb = event.uint(4)
  main.vmSwapKb = event.uint(5)
}

// res vm_size vm_rss vm_swap, also where the call failed
function memory(event: Event, thread: ThreadState): void {
  thread.vmSizeKb = event.uint(1)
  thread.vmRssKb = event.uint(2)
  thread.vmSwapKb = event.uint(3)
}

// res path
function chroot(event: Event, thread: ThreadState): void {
  if (readFd(event, 0) !== 0) return
  const path = event.text(1)
  if (path !== undefined) thread.root = joinPath(thread.cwd, path)
}

// res: the session's id
function setsid(event: Event, thread: ThreadState): void {
  const sid = readFd(event, 0)
  if (sid >= 0) thread.sid = sid
}

// res pid pgid, both as seen in the pid namespace of the caller; 0 stands for itself
function setpgid(event: Event, thread: ThreadState, state: State): void {
  if (readFd(event, 0) !== 0) return
  const pid = readFd(event, 1)
  const target = pid === 0 ? thread.main : state.find(pid)
  if (target === undefined) return
  const pgid = readFd(event, 2)
  target.vpgid = pgid === 0 ? target.vpid : pgid
  if (target.vpgid === target.vpid) target.pgid = target.pid
  else if (target.vpid === target.pid) target.pgid = target.vpgid
}

// res option arg2_str arg2_int
function prctl(event: Event, thread: ThreadState): void {
  if (readFd(event, 0) < 0) return
  const option = event.uint(1)
  if (option === flag.PR_SET_NAME) thread.ownComm = (event.text(2) ?? '').slice(0, 15)
  else if (option === flag.PR_SET_CHILD_SUBREAPER) thread.main.isSubreaper = event.int(3) !== 0
}

// res newcur newmax oldcur oldmax pid resource
function prlimit(event: Event, thread: ThreadState, state: State): void {
  if (readFd(event, 0) !== 0 || event.uint(6) !== flag.RLIMIT_NOFILE) return
  const limit = safe(event.int(1))
  const pid = readFd(event, 5)
  const target = pid <= 0 ? thread.main : state.find(pid)
  if (limit !== -1 && target !== undefined) target.fdLimit = limit
}

// res cur max resource
function setrlimit(event: Event, thread: ThreadState): void {
  if (readFd(event, 0) === 0 && event.uint(3) === flag.RLIMIT_NOFILE) thread.main.fdLimit = safe(event.int(1))
}

// Programs are not started often enough: without them, what files and sockets need is optimized sooner.
optimizeLittle([clone, cloneInParent, cloneInChild, finishClone, copyFds, takeNames, takeFromClone, exec, takeExecIds])
