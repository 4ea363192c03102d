import { block, entry, machine, section, text, u8, u16, u32, u64 } from '../../capture/scap_writer.ts'
import type { Actor } from './actor.ts'

const userNames = ['root', 'daemon', 'bin', 'sys', 'sync', 'games', 'man', 'lp', 'mail', 'news', 'uucp', 'proxy', 'www-data']
const devUid = 1000

/** What stands at the head of a recording: the machine, its addresses and users, and the processes that were there before. */
export function listsOf(actors: readonly Actor[]): readonly Buffer[] {
  return [section(), machine('bench'), interfaces(), users(), block(0x215, ...actors.map(processEntry)), ...actors.map(fdsOf)]
}

function interfaces(): Buffer {
  const address = (name: string, ...ip: number[]) =>
    entry(
      [
        u16(3),
        u16(name.length),
        Buffer.from(ip),
        Buffer.from([255, 255, 255, 0]),
        Buffer.from([...ip.slice(0, 3), 255]),
        Buffer.from(name),
      ],
      0,
    )
  return block(0x219, address('lo', 127, 0, 0, 1), address('eth0', 10, 0, 0, 2))
}

function users(): Buffer {
  const user = (uid: number, name: string) => entry([u8(0), u32(uid), u32(uid), text(name), text(`/home/${name}`), text('/bin/bash')])
  const group = (gid: number, name: string) => entry([u8(1), u32(gid), text(name)])
  const all = [...userNames.entries(), [devUid, 'dev'] as const]
  return block(0x220, ...all.map(([uid, name]) => user(uid, name)), ...all.map(([gid, name]) => group(gid, name)))
}

function processEntry(actor: Actor): Buffer {
  const { tid, uid } = actor
  const ptid = actor.parent?.tid ?? 1
  const [exe = '', ...args] = actor.argv
  const pieces = (list: readonly string[]) => text(list.map((piece) => `${piece}\0`).join(''))
  const names = [text(actor.comm), text(exe), text(actor.program.path), pieces(args), text(actor.cwd)]
  const sizes = [u32(12_000), u32(4000), u32(0), u64(0), u64(900)]
  const ids = [u64(tid), u64(tid), u64(ptid), u64(tid), u64(tid)]
  const rest = [pieces(actor.env), u64(tid), u64(tid), text(actor.cgroups), text('/')]
  const tail = [u64(0), u32(0), u32(uid), u8(0), u64(0), u64(0), u64(0), u8(0), u64(4711), u64(0), u64(0), u8(0), u8(0), u64(tid)]
  return entry([...ids, ...names, u64(1024), u32(0), u32(uid), u32(uid), ...sizes, ...rest, ...tail])
}

function fdsOf(actor: Actor): Buffer {
  const file = (num: number, name: string) => entry([u64(num), u64(9), u8(16), u32(3), text(name), u32(2049)])
  return block(0x218, u64(actor.tid), ...[0, 1, 2].map((num) => file(num, num === 0 ? '/dev/null' : '/dev/pts/1')))
}
