import type { Attack } from './attack.ts'

export const containers: readonly Attack[] = [
  {
    rule: 'Terminal shell in container',
    on: 'container',
    priority: 'Notice',
    act: (ground) => ground.runInContainer(['/bin/sh', '-c', ':'], { tty: true }),
    fields: () => ({ 'proc.name': 'sh', 'proc.cmdline': 'sh -c :', 'proc.tty': /^[1-9]\d*$/, 'user.uid': 0 }),
  },
  {
    rule: 'Read sensitive file untrusted',
    on: 'container',
    name: 'in a container',
    priority: 'Warning',
    act: (ground) => ground.runInContainer(['/bin/sh', '-c', ': > /etc/shadow; /bin/cat /etc/shadow; :']),
    fields: () => ({ 'fd.name': '/etc/shadow', 'proc.name': 'cat', 'proc.cmdline': 'cat /etc/shadow', 'proc.pname': 'sh' }),
  },
  {
    rule: 'Linux Kernel Module Injection Detected',
    on: 'container',
    priority: 'Warning',
    act: (ground) => ground.runInContainer(['/bin/tool', 'load', '/etc/passwd']),
    fields: () => ({ 'evt.type': 'finit_module', 'evt.res': /^E/, 'proc.name': 'tool', 'proc.args': 'load /etc/passwd', 'user.uid': 0 }),
  },
  {
    rule: 'Debugfs Launched in Privileged Container',
    on: 'container',
    priority: 'Warning',
    act: (ground) => ground.runInContainer(['/bin/debugfs', 'noop']),
    fields: () => ({ 'evt.type': 'execve', 'proc.name': 'debugfs', 'proc.exepath': '/bin/debugfs', 'user.uid': 0 }),
  },
  {
    rule: 'Detect release_agent File Container Escapes',
    on: 'container',
    priority: 'Critical',
    // The real file may belong to the host's hierarchy, so one of its name has to do: it is the name that the rule goes by.
    act: (ground) => ground.runInContainer(['/bin/sh', '-c', ': > /tmp/release_agent']),
    fields: () => ({ 'fd.name': '/tmp/release_agent', 'proc.name': 'sh', 'thread.cap_effective': /CAP_SYS_ADMIN/, 'user.uid': 0 }),
  },
  {
    rule: 'Drop and execute new binary in container',
    on: 'container',
    priority: 'Critical',
    needsOverlay: true,
    act: (ground) => ground.runInContainer(['/bin/sh', '-c', 'cp /bin/tool /tmp/dropped && /tmp/dropped noop; rm /tmp/dropped']),
    fields: () => ({ 'proc.name': 'dropped', 'proc.exe': '/tmp/dropped', 'proc.exepath': '/tmp/dropped', 'proc.pname': 'sh' }),
  },
]
