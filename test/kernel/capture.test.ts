import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Event } from '../../src/event/event.ts'
import { codeOf } from '../../src/schema/event.ts'
import { compileC, startAgent } from '../tools/agent.ts'
import { open, record, wantedOf, whyNotCapture } from './recorder.ts'

// What the programs in the kernel tell about system calls that a small program (actor.c) makes.

const reason = whyNotCapture()
if (reason !== undefined) console.warn(`tests of the capture are skipped: ${reason}`)

// In expected lines * stands for what is different each time.
const rows: readonly (readonly [act: string, calls: string, lines: string])[] = [
  [
    'files',
    'openat openat2 mkdirat linkat symlinkat renameat2 fchmodat fchmod fchownat unlinkat chdir fchdir',
    `
openat fd=3 dirfd=-100 name=new flags=O_CREAT|O_RDWR|O_CLOEXEC|O_F_CREATED mode=0640 dev=* ino=*
openat fd=-2 dirfd=-100 name=missing flags=O_DIRECTORY|O_RDONLY mode=00 dev=0 ino=0
openat2 fd=4 dirfd=-100 name=new flags=O_RDONLY mode=00 resolve=RESOLVE_NO_SYMLINKS dev=* ino=*
mkdirat res=0 dirfd=-100 path=dir mode=448
linkat res=0 olddir=-100 oldpath=new newdir=-100 newpath=hard flags=0
symlinkat res=0 target=new linkdirfd=-100 linkpath=soft
renameat2 res=0 olddirfd=-100 oldpath=hard newdirfd=-100 newpath=moved flags=RENAME_NOREPLACE
fchmodat res=0 dirfd=-100 filename=moved mode=04755
fchmod res=0 fd=3 mode=0600
fchownat res=0 dirfd=-100 pathname=soft uid=1 gid=2 flags=AT_SYMLINK_NOFOLLOW
unlinkat res=0 dirfd=-100 name=moved flags=0
unlinkat res=0 dirfd=-100 name=dir flags=AT_REMOVEDIR
chdir res=0 path=/
fchdir res=-20 fd=3`,
  ],
  [
    'descriptors',
    'dup dup3 fcntl pipe2 memfd_create eventfd2 epoll_create1 close close_range',
    `
dup res=3 oldfd=0
dup3 res=10 oldfd=0 newfd=10 flags=O_CLOEXEC
fcntl res=20 fd=0 cmd=F_DUPFD_CLOEXEC arg=20
fcntl res=0 fd=0 cmd=F_GETFD arg=*
pipe2 res=0 fd1=4 fd2=5 ino=* flags=O_NONBLOCK
memfd_create fd=6 name=box flags=MFD_CLOEXEC
eventfd2 res=7 flags=0 initval=7
epoll_create1 res=8 flags=0
close res=0 fd=10
close_range res=0 first=20 last=30 flags=0`,
  ],
  // The state needs no F_GETFD, and rules did not ask for it.
  ['descriptors', 'fcntl+', 'fcntl res=20 fd=0 cmd=F_DUPFD_CLOEXEC arg=20 (state)'],
  [
    'data',
    'read write readv writev',
    `
write res=5 data=hello fd=4 size=5
read res=5 data=hello fd=3 size=100
write res=200 data=${'x'.repeat(80)} fd=4 size=200
read res=200 data=${'x'.repeat(80)} fd=3 size=200
writev res=8 data=abcdefgh fd=4 size=8
readv res=8 size=8 data=abcdefgh fd=3`,
  ],
  [
    'tcp4',
    'socket bind listen connect accept4 sendto recvfrom shutdown',
    `
socket fd=3 domain=AF_INET type=524289 proto=0 flags=O_CLOEXEC
bind res=0 addr=127.0.0.1:0 fd=3
listen res=0 fd=3 backlog=5
socket fd=4 domain=AF_INET type=1 proto=0 flags=0
connect res=0 tuple=127.0.0.1:*->127.0.0.1:* fd=4 addr=127.0.0.1:*
accept4 fd=5 tuple=127.0.0.1:*->127.0.0.1:* queuepct=0 queuelen=0 queuemax=5 flags=64
sendto res=2 data=hi fd=4 size=2 tuple=127.0.0.1:*->127.0.0.1:*
recvfrom res=2 data=hi tuple=127.0.0.1:*->127.0.0.1:* fd=5 size=10
shutdown res=0 fd=4 how=SHUT_RDWR`,
  ],
  // On a connection the state already knows both ends.
  ['tcp4', 'sendto+ recvfrom+ shutdown', 'shutdown res=0 fd=4 how=SHUT_RDWR'],
  [
    'tcp6',
    'bind connect accept4',
    `
bind res=0 addr=:1:0 fd=3
connect res=0 tuple=:1:*->:1:* fd=4 addr=:1:*
accept4 fd=5 tuple=:1:*->:1:* queuepct=0 queuelen=0 queuemax=5 flags=64`,
  ],
  [
    'udp',
    'sendto+ recvfrom+ sendmsg recvmsg',
    `
sendto res=4 data=ping fd=4 size=4 tuple=0.0.0.0:*->127.0.0.1:* (state)
recvfrom res=4 data=ping tuple=127.0.0.1:*->127.0.0.1:* fd=3 size=10 (state)
sendmsg res=4 data=pong fd=4 size=4 tuple=0.0.0.0:*->127.0.0.1:*
recvmsg res=4 size=4 data=pong tuple=127.0.0.1:*->127.0.0.1:* msgcontrol=- fd=3`,
  ],
  [
    'unix',
    'socket bind connect accept4 socketpair',
    `
socket fd=3 domain=AF_LOCAL type=1 proto=0 flags=0
bind res=0 addr=server fd=3
socket fd=4 domain=AF_LOCAL type=1 proto=0 flags=0
connect res=0 tuple=*->*,server fd=4 addr=server
accept4 fd=5 tuple=*->*,server queuepct=0 queuelen=0 queuemax=1 flags=0
socketpair res=0 fd1=6 fd2=7 source=* peer=* domain=AF_LOCAL type=1 proto=0`,
  ],
  [
    'identity',
    'prctl prlimit64+ setpgid unshare mount umount2 ptrace kill setns setresgid setuid sched_yield',
    `
prctl res=0 option=PR_SET_NAME arg2_str=renamed arg2_int=0
prlimit res=0 newcur=500 newmax=600 oldcur=-1 oldmax=-1 pid=0 resource=RLIMIT_NOFILE (state)
setpgid res=0 pid=0 pgid=0
unshare res=0 flags=CLONE_FS|CLONE_NEWUTS
mount res=-2 dev=none dir=nowhere type=tmpfs flags=RDONLY|NOSUID
umount2 res=-2 name=nowhere flags=DETACH
ptrace res=-3 addr=- data=- request=PTRACE_ATTACH pid=999999999
kill res=-3 pid=999999999 sig=10
setns res=-9 fd=77 nstype=CLONE_NEWNET
setresgid res=0 rgid=7 egid=8 sgid=4294967295
setuid res=0 uid=65534
sched_yield`,
  ],
  ['compat', 'open dup', 'open fd=3 name=old-way flags=O_CREAT|O_WRONLY|O_F_CREATED mode=0600 dev=* ino=*\ndup res=4 oldfd=3'],
]

describe.skipIf(reason !== undefined)('the capture', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-capture-'))
  const actor = join(dir, 'actor')
  let count = 0
  const act = (names: readonly string[], args: readonly string[], options = {}) => {
    const cwd = join(dir, String(count++))
    mkdirSync(cwd)
    return record(names, [actor, ...args], cwd, options)
  }

  beforeAll(() => compileC(join(import.meta.dir, 'actor.c'), actor, ['-static']))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test.each(rows.filter(([what]) => what !== 'compat' || process.arch === 'x64'))('tells of %s: %s', async (what, calls, lines) => {
    const names = calls.split(' ')
    const { lines: seen, damaged } = await act(names, [what])
    expect(damaged).toBe(0)
    const shown = seen.filter((line) => !/^(child )?(clone|clone3|fork|vfork|execve|procexit) /.test(line))
    expect(shown.map((line, i) => matching(line, lines.trim().split('\n')[i]))).toEqual(lines.trim().split('\n'))
  })

  test('gives device and inode of an opened file as stat does', async () => {
    const { lines } = await act(['openat'], ['files'])
    const { dev, ino } = statSync(join(dir, String(count - 1), 'new'))
    expect(lines[0]).toEndWith(` dev=${dev} ino=${ino}`)
  })

  test('tells of the life of processes', async () => {
    const { lines, pid } = await act(['execve', 'fork', 'clone'], ['life'])
    const failed = lines.find((line) => line.startsWith('child execve res=-2'))
    expect(failed).toContain('exe=first args=second||fourth ')
    expect(failed).toEndWith(' filename=missing')
    const done = lines.find((line) => line.startsWith('child execve res=0')) ?? ''
    expect(done).toContain('exe=first args=second||fourth ')
    expect(done).toContain(` ptid=${pid} `)
    expect(done).toContain(' comm=exe ')
    expect(done).toContain(' env=A=1|B=2 ')
    expect(done).toContain(` trusted_exepath=${actor} `)
    expect(done).toContain(` cgroups=${cgroupsOf('self')} `)
    expect(done).toContain(' flags=EXE_WRITABLE ')
    expect(done).toContain(` exe_ino=${statSync(actor).ino} `)
    expect(done).toEndWith(' filename=/proc/self/exe')
    const exits = lines.filter((line) => line.startsWith('child procexit'))
    expect(exits.map((line) => line.replace(/core=\d/, 'core=*').replace(/status=(139|11) /, 'status=* '))).toEqual([
      'child procexit status=0 ret=0 sig=0 core=* reaper_tid=0',
      'child procexit status=768 ret=3 sig=0 core=* reaper_tid=0',
      'child procexit status=* ret=0 sig=11 core=* reaper_tid=0',
    ])
    const spaced = lines.find((line) => /^child clone res=0 .*CLONE_CHILD_IN_PIDNS/.test(line))
    expect(spaced).toContain(' vtid=1 vpid=1 ')
  })

  test('knows a program that runs from memory alone', async () => {
    const { lines } = await act(['execve', 'execveat'], ['memfd'])
    const done = lines.find((line) => line.includes('exe=hidden')) ?? ''
    expect(done).toStartWith('execve res=0 ')
    expect(done).toContain('EXE_FROM_MEMFD')
    expect(done).toContain(' trusted_exepath=memfd:box ')
  })

  test('leaves out what failed where asked to', async () => {
    const { lines } = await act(['openat', 'fchdir', 'chdir'], ['files'], { dropFailed: true })
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['openat fd=3', 'chdir res=0'])
  })

  test('keeps as much data as asked for', async () => {
    const { lines } = await act(['write'], ['data'], { snaplen: 3 })
    expect(lines[1]).toBe('write res=200 data=xxx fd=4 size=200')
  })

  test('counts every event: seen = captured + dropped, with rings that overflow', async () => {
    const live = open(['openat', 'close'], { ringBytes: 1 << 19 })
    try {
      const children = [1, 2].map(() => Bun.spawn([actor, 'flood', '20000'], { stdout: 'ignore' }))
      await Promise.all(children.map((child) => child.exited))
      live.stop()
      let captured = 0
      for (let batch = live.next(); batch !== undefined; batch = live.next()) {
        for (let at = 0; at < batch.length; at += batch.bytes.readUInt32LE(at)) captured++
      }
      const { seen, dropped, byType } = live.stats()
      expect(dropped).toBeGreaterThan(0)
      expect(captured).toBe(seen - dropped)
      expect(seen).toBeGreaterThanOrEqual(80_000)
      expect([...byType.values()].reduce((sum, each) => sum + each.seen, 0)).toBe(seen)
    } finally {
      live.close()
    }
  })

  test('wakes the event loop when there is something to read, and takes new wishes while it runs', async () => {
    const live = open([])
    try {
      const kinds = new Set<number>()
      const event = new Event()
      const woken = new Promise<void>((resolve) => {
        live.onReadable(() => {
          for (let batch = live.next(); batch !== undefined && batch.length > 0; batch = live.next())
            for (let at = event.attach(batch); at < batch.length; kinds.add(event.type)) at = event.moveTo(at)
          resolve()
        })
      })
      live.want(wantedOf(['openat']))
      await Bun.spawn([actor, 'flood', '10'], { stdout: 'ignore' }).exited
      await woken
      // Its program was not loaded before; without it the event would be one that has no parameters.
      expect([...kinds]).toContain(codeOf('SYSCALL_OPENAT_2_X'))
    } finally {
      live.close()
    }
  })

  test('tells of what is no system call, where it is wanted', async () => {
    const calls = process.arch === 'x64' ? ['sched_switch', 'signal_deliver', 'page_fault_user'] : ['sched_switch', 'signal_deliver']
    const { lines, pid } = await record(calls, ['sh', '-c', 'sleep 0.01; true'], dir)
    const child = /^child clone|^child vfork|^child fork/
    const childTid = /tid=(\d+)/.exec(lines.find((line) => child.test(line)) ?? '')?.[1]
    expect(lines.find((line) => line.startsWith('child switch'))).toMatch(
      / next=\d+ pgft_maj=\d+ pgft_min=[1-9]\d* vm_size=[1-9]\d* vm_rss=\d+/,
    )
    expect(lines).toContain(`signaldeliver spid=${childTid} dpid=${pid} sig=17`)
    if (process.arch === 'x64') expect(lines.find((line) => line.startsWith('page_fault'))).toMatch(/ addr=\d+ ip=\d+ error=.*USER_FAULT/)
  })

  // Older ones get programs without typed pointers, and newer ones should not: these cost more.
  test.skipIf(isOlderThan(6, 1))('is taken by the verifier as it is', async () => {
    const agent = await startAgent([], { EYAS_LIBBPF_LOG: '1' })
    await agent.stop()
    expect(agent.log.filter((line) => /failed to load|load failed/.test(line))).toEqual([])
  })

  test('leaves nothing behind in the kernel', () => {
    open(['openat']).close()
    expect(bpfFiles()).toEqual([])
    open(['openat']).close()
  })
})

/** The line, or the pattern that it fits. */
function matching(line: string, pattern = ''): string {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '\\S*')
  return new RegExp(`^${escaped}$`).test(line) ? pattern : line
}

/** What /proc says of the control groups that the events name. */
function cgroupsOf(pid: string): string {
  const paths = new Map<string, string>()
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')) {
    const [, controllers = '', path = '/'] = line.split(':')
    for (const name of controllers.split(',')) paths.set(name === 'blkio' ? 'io' : name, path)
  }
  return ['cpuset', 'cpu', 'cpuacct', 'io', 'memory'].map((name) => `${name}=${paths.get(name) ?? paths.get('')}`).join('|')
}

function isOlderThan(major: number, minor: number): boolean {
  const [one = 0, two = 0] = release().split('.').map(Number)
  return one < major || (one === major && two < minor)
}

/** Descriptors of this process that belong to BPF objects. */
function bpfFiles(): string[] {
  const { stdout } = Bun.spawnSync(['ls', '-l', `/proc/${process.pid}/fd`])
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.includes('bpf'))
}
