import { dlopen, FFIType, ptr } from 'bun:ffi'
import { readdirSync, readFileSync } from 'node:fs'

// What a process has in the kernel's BPF tables, and whether it is still there, asked of the kernel itself.

export interface BpfObject {
  readonly kind: keyof typeof getNextId
  readonly id: number
}

// enum bpf_cmd (include/uapi/linux/bpf.h).
const getNextId = { prog: 11, map: 12, link: 31 } as const
const bpfCall = process.arch === 'arm64' ? 280 : 321

const libc = dlopen('libc.so.6', {
  syscall: { args: [FFIType.i64, FFIType.i64, FFIType.ptr, FFIType.u64], returns: FFIType.i64_fast },
}).symbols

/** The programs, maps and links that a process has open. */
export function bpfObjectsOf(pid: number): BpfObject[] {
  return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    const text = textOf(`/proc/${pid}/fdinfo/${fd}`)
    const [, kind, id] = /^(prog|map|link)_id:\s+(\d+)$/m.exec(/^link_type/m.test(text) ? text.replace(/^prog_id.*$/m, '') : text) ?? []
    return kind === undefined ? [] : [{ kind: kind as BpfObject['kind'], id: Number(id) }]
  })
}

// A process that still starts closes files between the listing and the reading.
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Those that are still there after `timeoutMs`; the kernel frees them in its own time. */
export async function remaining(objects: readonly BpfObject[], timeoutMs: number): Promise<BpfObject[]> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const left = objects.filter(isAlive)
    if (left.length === 0 || Date.now() > deadline) return left
    await Bun.sleep(20)
  }
}

// By the listing of ids: a descriptor of an array of programs that the kernel is about to empty would make it count a user too many, and
// keep the array for good.
function isAlive({ kind, id }: BpfObject): boolean {
  const request = new Uint32Array([id - 1, 0, 0])
  return Number(libc.syscall(bpfCall, getNextId[kind], ptr(request), request.byteLength)) === 0 && request[1] === id
}
