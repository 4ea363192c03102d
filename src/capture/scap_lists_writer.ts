import type { Fd, FdType } from '../event/fd.ts'
import type { InterfaceAddress, Known, Machine } from '../event/snapshot.ts'
import type { Group, Thread, User } from '../event/thread.ts'
import type { ScapBuffer } from './scap_buffer.ts'
import { byteOrderMagic, sectionHeader } from './scap_format.ts'

// Block types that today's writers use.
const machineBlock = 0x201
const processBlock = 0x215
const fdBlock = 0x218
const interfaceBlock = 0x219
const userBlock = 0x220

const hostnameBytes = 128
// Readers have room for these and a NUL, and refuse a file with more.
const pathBytes = 1023
const nameBytes = 255
const listBytes = 4095
const unknownLength = 0xffffffffffffffffn

/** Writes what a recording begins with: all that is known now, so that its events can be understood. */
export function writeLists(to: ScapBuffer, known: Known): void {
  to.block(sectionHeader, () => {
    to.u32(byteOrderMagic)
    to.u16(1)
    to.u16(2)
    to.u64(unknownLength)
  })
  to.block(machineBlock, () => writeMachine(to, known.machine))
  to.block(interfaceBlock, () => {
    for (const address of known.addresses) writeAddress(to, address)
  })
  to.block(userBlock, () => {
    for (const user of known.users.listedUsers()) writeUser(to, user)
    for (const group of known.users.listedGroups()) writeGroup(to, group)
  })
  const threads = [...known.listedThreads()]
  const mains = threads.filter(({ isMain }) => isMain)
  to.block(processBlock, () => {
    // Readers join a thread to its process, if that is there.
    for (const thread of [...mains, ...threads.filter(({ isMain }) => !isMain)]) writeThread(to, thread)
  })
  for (const thread of threads) {
    if (thread.fds.size === 0 || (!thread.isMain && thread.fds === thread.main.fds)) continue
    to.block(fdBlock, () => {
      to.u64(thread.tid)
      for (const [num, fd] of thread.fds) writeFd(to, num, fd)
    })
  }
}

function writeMachine(to: ScapBuffer, machine: Machine): void {
  to.u32(Math.max(1, machine.cpus))
  to.u64(machine.memoryBytes)
  to.u64(machine.maxPid)
  to.padded(machine.hostname.slice(0, hostnameBytes - 1), hostnameBytes)
  to.u64(machine.bootTs)
  for (let i = 0; i < 3; i++) to.u64(0)
}

const ipv4WithoutSpeed = 3
const ipv6WithoutSpeed = 4

function writeAddress(to: ScapBuffer, { name, address, netmask, broadcast }: InterfaceAddress): void {
  const size = address.length === 4 ? 4 : 16
  const short = name.slice(0, pathBytes)
  to.u32(4 + 3 * size + short.length)
  to.u16(size === 4 ? ipv4WithoutSpeed : ipv6WithoutSpeed)
  to.u16(short.length)
  for (const each of [address, netmask, broadcast]) to.padded(each, size)
  to.raw(short)
}

function writeUser(to: ScapBuffer, { uid, gid, name, home, shell }: User): void {
  to.entry(() => {
    to.u8(0)
    to.u32(uid)
    to.u32(gid)
    to.text(name, nameBytes)
    for (const text of [home, shell]) to.text(text, pathBytes)
  })
}

function writeGroup(to: ScapBuffer, { gid, name }: Group): void {
  to.entry(() => {
    to.u8(1)
    to.u32(gid)
    to.text(name, nameBytes)
  })
}

function writeThread(to: ScapBuffer, thread: Thread): void {
  to.entry(() => {
    for (const id of [thread.tid, thread.pid, thread.ptid, thread.sid, thread.vpgid]) to.u64(id)
    to.text(thread.comm, pathBytes)
    to.text(thread.exe, pathBytes)
    to.text(thread.exepath, pathBytes)
    to.pieces(thread.args, listBytes)
    to.text(thread.cwd, pathBytes)
    to.u64(thread.fdLimit)
    for (const id of [thread.listedFlags, thread.uid, thread.gid]) to.u32(id)
    for (const size of [thread.vmSizeKb, thread.vmRssKb, thread.vmSwapKb]) to.u32(size)
    to.u64(thread.pfMajor)
    to.u64(thread.pfMinor)
    to.pieces(thread.env, listBytes)
    to.u64(thread.vtid)
    to.u64(thread.vpid)
    to.pieces(thread.cgroups, listBytes)
    to.text(thread.root, pathBytes)
    to.u64(thread.pidnsInitStartTs)
    to.u32(thread.tty)
    to.u32(thread.loginuid)
    to.u8(thread.isExeWritable ? 1 : 0)
    for (const caps of [thread.capInheritable, thread.capPermitted, thread.capEffective]) to.u64(caps)
    to.u8(thread.isExeUpperLayer ? 1 : 0)
    for (const value of [thread.exeIno, thread.exeCtime, thread.exeMtime]) to.u64(value)
    to.u8(thread.isExeFromMemfd ? 1 : 0)
    to.u8(thread.isExeLowerLayer ? 1 : 0)
    to.u64(thread.pgid)
  })
}

const codeOfType: Readonly<Record<FdType, number>> = {
  unknown: 0,
  file: 16,
  directory: 2,
  ipv4: 3,
  ipv6: 4,
  pipe: 7,
  unix: 8,
  event: 9,
  unsupported: 10,
  signalfd: 11,
  eventpoll: 12,
  inotify: 13,
  timerfd: 14,
  netlink: 15,
  bpf: 17,
  userfaultfd: 18,
  io_uring: 19,
  memfd: 20,
  pidfd: 21,
}

// Debian's sysdig reads no file that has a type from 17 on: these are told as `unsupported`, with the type in a byte behind the name,
// which readers pass over that do not know of it.
const firstNewType = 17

const listeningBehind = 2
const l4Codes = ['unknown', 'na', 'tcp', 'udp', 'icmp', 'raw']

function writeFd(to: ScapBuffer, num: number, fd: Fd): void {
  to.entry(() => {
    const { type, socket } = fd
    const isInet = type === 'ipv4' || type === 'ipv6'
    const isListening = isInet && socket !== undefined && socket.sourceIp === '' && socket.destIp !== ''
    to.u64(num)
    to.u64(fd.ino)
    const code = codeOfType[type]
    const isNew = code >= firstNewType
    to.u8(isNew ? codeOfType.unsupported : code + (isListening ? listeningBehind : 0))
    if (isInet) writeInet(to, fd, type === 'ipv4' ? 4 : 16, isListening)
    else if (type === 'unix') writeUnix(to, fd)
    else writeNamed(to, fd)
    if (isNew) to.u8(code)
  })
}

function writeNamed(to: ScapBuffer, { type, name, flags, dev }: Fd): void {
  if (type === 'file') to.u32(flags)
  to.text(name, pathBytes)
  if (type === 'file') to.u32(dev)
}

function writeUnix(to: ScapBuffer, { socket, name }: Fd): void {
  to.u64(socket?.sourcePtr ?? 0)
  to.u64(socket?.destPtr ?? 0)
  to.text(socket?.path ?? name, pathBytes)
}

// This machine's end comes first.
function writeInet(to: ScapBuffer, { socket }: Fd, size: 4 | 16, isListening: boolean): void {
  const source = { ip: socket?.sourceIp ?? '', port: socket?.sourcePort ?? 0 }
  const dest = { ip: socket?.destIp ?? '', port: socket?.destPort ?? 0 }
  const ends = isListening ? [dest] : socket?.isServer === true ? [dest, source] : [source, dest]
  for (const { ip } of ends) to.padded(ip.slice(0, size), size)
  for (const { port } of ends) to.u16(port)
  to.u8(Math.max(0, l4Codes.indexOf(socket?.l4 ?? 'unknown')))
}
