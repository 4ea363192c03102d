import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Attack, Ground } from './attack.ts'

const root = { 'user.name': 'root', 'user.uid': 0 }
const sharedMemory = `/dev/shm/eyas-test-${process.pid}`

export const files: readonly Attack[] = [
  {
    rule: 'Directory traversal monitored file read',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['cat', upFrom(ground, '/etc/passwd')]),
    fields: (ground) => ({ ...root, 'fd.name': '/etc/passwd', 'fd.nameraw': upFrom(ground, '/etc/passwd'), 'proc.name': 'cat' }),
  },
  {
    rule: 'Directory traversal monitored file read',
    name: 'of a file that is not there',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['cat', upFrom(ground, '/root/.ssh/eyas-test')]),
    fields: () => ({ ...root, 'fd.name': '/root/.ssh/eyas-test', 'proc.name': 'cat' }),
  },
  {
    rule: 'Read sensitive file trusted after startup',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.serve('nginx', '/etc/shadow', 5),
    fields: (ground) => ({ ...root, 'fd.name': '/etc/shadow', 'proc.name': 'nginx', 'proc.exepath': ground.tool('nginx') }),
    isSlow: true,
    // Servers are not in its list of programs to trust.
    companions: ['Read sensitive file untrusted'],
  },
  {
    rule: 'Read sensitive file untrusted',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['cat', '/etc/shadow']),
    fields: () => ({
      ...root,
      'evt.type': 'openat',
      'fd.name': '/etc/shadow',
      'proc.name': 'cat',
      'proc.cmdline': 'cat /etc/shadow',
      'proc.exepath': /\/cat$/,
    }),
  },
  {
    rule: 'Search Private Keys or Passwords',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['grep', '-r', 'BEGIN RSA PRIVATE KEY', emptyIn(ground, 'keys')]),
    fields: () => ({ ...root, 'proc.name': 'grep', 'proc.cmdline': /^grep -r BEGIN RSA PRIVATE KEY / }),
  },
  {
    rule: 'Search Private Keys or Passwords',
    name: 'by the names of files',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['find', emptyIn(ground, 'keys'), '-name', 'id_rsa']),
    fields: () => ({ ...root, 'proc.name': 'find', 'proc.cmdline': /^find .* -name id_rsa$/ }),
  },
  {
    rule: 'Find AWS Credentials',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['grep', '-ri', 'aws_secret_access_key', emptyIn(ground, 'keys')], ground.dir),
    fields: (ground) => ({ ...root, 'proc.name': 'grep', 'proc.cwd': `${ground.dir}/`, 'group.gid': 0, 'group.name': 'root' }),
  },
  {
    rule: 'Clear Log Activities',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['sh', '-c', `: > ${join(ground.dir, 'auth.log')}`]),
    fields: (ground) => ({ ...root, 'fd.name': join(ground.dir, 'auth.log'), 'proc.name': 'sh' }),
  },
  {
    rule: 'Clear Log Activities',
    name: 'by creat',
    on: 'host',
    priority: 'Warning',
    oursOnly: true,
    architecture: 'x64',
    act: (ground) => ground.run([ground.tool('tool'), 'creat', join(ground.dir, 'auth.log')]),
    fields: (ground) => ({ ...root, 'evt.type': 'creat', 'fd.name': join(ground.dir, 'auth.log'), 'proc.name': 'tool' }),
  },
  {
    rule: 'Remove Bulk Data from Disk',
    on: 'host',
    priority: 'Warning',
    act: (ground) => {
      writeFileSync(join(ground.dir, 'data'), 'data')
      return ground.run(['shred', '-u', join(ground.dir, 'data')])
    },
    fields: (ground) => ({ ...root, 'proc.name': 'shred', 'proc.cmdline': `shred -u ${join(ground.dir, 'data')}` }),
  },
  {
    rule: 'Create Symlink Over Sensitive Files',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run(['ln', '-s', '/etc/shadow', join(ground.dir, 'link')]),
    fields: (ground) => ({ ...root, 'evt.arg.target': '/etc/shadow', 'evt.arg.linkpath': join(ground.dir, 'link'), 'proc.name': 'ln' }),
  },
  {
    rule: 'Create Hardlink Over Sensitive Files',
    on: 'host',
    priority: 'Warning',
    act: async (ground) => {
      const link = join(ground.dir, 'shadow')
      await ground.run(['ln', '/etc/shadow', link])
      rmSync(link, { force: true })
    },
    fields: (ground) => ({ ...root, 'evt.arg.oldpath': '/etc/shadow', 'evt.arg.newpath': join(ground.dir, 'shadow'), 'proc.name': 'ln' }),
  },
  {
    rule: 'Execution from /dev/shm',
    on: 'host',
    priority: 'Warning',
    act: (ground) => inSharedMemory(ground, (program) => ground.run([program, 'noop'])),
    fields: () => ({ ...root, 'proc.name': 'dropped', 'proc.exepath': `${sharedMemory}/dropped`, 'evt.res': 'SUCCESS' }),
  },
  {
    rule: 'Execution from /dev/shm',
    name: 'from there, by a relative path',
    on: 'host',
    priority: 'Warning',
    act: (ground) => inSharedMemory(ground, () => ground.run(['./dropped', 'noop'], sharedMemory)),
    fields: () => ({ ...root, 'proc.name': 'dropped', 'proc.cwd': `${sharedMemory}/` }),
  },
  {
    rule: 'Execution from /dev/shm',
    name: 'as a script',
    on: 'host',
    priority: 'Warning',
    act: (ground) =>
      inSharedMemory(ground, async (program) => {
        writeFileSync(`${program}.sh`, ':\n')
        await ground.run(['sh', `${program}.sh`])
      }),
    fields: () => ({ ...root, 'proc.name': 'sh', 'proc.cmdline': `sh ${sharedMemory}/dropped.sh` }),
  },
  {
    rule: 'Execution from /dev/shm',
    name: 'that the mount refuses',
    on: 'container',
    priority: 'Warning',
    oursOnly: true,
    act: (ground) => ground.runInContainer(['/bin/sh', '-c', 'cp /bin/busybox /dev/shm/true; /dev/shm/true; rm /dev/shm/true']),
    fields: () => ({ 'evt.res': 'EACCES', 'evt.type': 'execve' }),
  },
]

// The path of a file as seen from our directory, by all the directories in between.
function upFrom(ground: Ground, path: string): string {
  return `${ground.dir}/${relative(ground.dir, path)}`
}

function emptyIn(ground: Ground, name: string): string {
  const dir = join(ground.dir, name)
  mkdirSync(dir, { recursive: true })
  return dir
}

async function inSharedMemory(ground: Ground, act: (program: string) => Promise<void>): Promise<void> {
  const program = join(sharedMemory, 'dropped')
  mkdirSync(sharedMemory, { recursive: true })
  try {
    copyFileSync(ground.tool('tool'), program)
    await act(program)
  } finally {
    rmSync(sharedMemory, { recursive: true, force: true })
  }
}
