import type { Attack } from './attack.ts'

// Debian's and every other distribution's uid of `daemon`.
const daemonUid = 1

export const processes: readonly Attack[] = [
  {
    rule: 'Run shell untrusted',
    on: 'host',
    priority: 'Notice',
    act: (ground) => ground.run([ground.tool('httpd'), 'spawn', '/bin/sh', '-c', ':']),
    fields: (ground) => ({
      'user.name': 'root',
      'proc.name': 'sh',
      'proc.cmdline': 'sh -c :',
      'proc.pname': 'httpd',
      'proc.pexe': ground.tool('httpd'),
      'proc.pexepath': ground.tool('httpd'),
      'proc.pcmdline': 'httpd spawn /bin/sh -c :',
    }),
  },
  {
    rule: 'System user interactive',
    on: 'host',
    priority: 'Informational',
    act: (ground) => ground.run([ground.tool('sshd'), 'as', String(daemonUid), '/usr/bin/id', '-u']),
    fields: () => ({ 'user.name': 'daemon', 'user.uid': daemonUid, 'proc.name': 'id', 'proc.pname': 'sshd', 'proc.cmdline': 'id -u' }),
  },
  {
    rule: 'PTRACE attached to process',
    on: 'host',
    priority: 'Warning',
    act: (ground) => ground.run([ground.tool('tool'), 'attach']),
    fields: () => ({ 'user.name': 'root', 'evt.type': 'ptrace', 'proc.name': 'tool', 'proc.cmdline': 'tool attach' }),
  },
  {
    rule: 'PTRACE anti-debug attempt',
    on: 'host',
    priority: 'Notice',
    act: (ground) => ground.run([ground.tool('tool'), 'traceme']),
    fields: () => ({ 'user.name': 'root', 'evt.type': 'ptrace', 'proc.name': 'tool', 'proc.cmdline': 'tool traceme' }),
  },
  {
    rule: 'Fileless execution via memfd_create',
    on: 'host',
    priority: 'Critical',
    act: (ground) => ground.run([ground.tool('tool'), 'memfd']),
    fields: () => ({ 'user.name': 'root', 'proc.exepath': /^memfd:payload/, 'proc.cmdline': /payload noop$|noop$/, 'evt.res': 'SUCCESS' }),
  },
]
