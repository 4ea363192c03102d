import { flagSets } from '../schema/event.ts'

/** Bits in the driver's encoding that the state looks at. */
export const flag = {
  O_CLOEXEC: bit('file_flags', 'O_CLOEXEC'),
  O_DIRECTORY: bit('file_flags', 'O_DIRECTORY'),
  O_RDWR: bit('file_flags', 'O_RDWR'),
  O_APPEND: bit('file_flags', 'O_APPEND'),
  O_NONBLOCK: bit('file_flags', 'O_NONBLOCK'),
  O_TMPFILE: bit('file_flags', 'O_TMPFILE'),
  O_CREAT: bit('file_flags', 'O_CREAT'),
  O_WRONLY: bit('file_flags', 'O_WRONLY'),
  O_TRUNC: bit('file_flags', 'O_TRUNC'),
  FD_UPPER_LAYER: bit('file_flags', 'FD_UPPER_LAYER'),
  FD_LOWER_LAYER: bit('file_flags', 'FD_LOWER_LAYER'),
  FD_UPPER_LAYER_CREAT: bit('creat_flags', 'FD_UPPER_LAYER_CREAT'),
  FD_LOWER_LAYER_CREAT: bit('creat_flags', 'FD_LOWER_LAYER_CREAT'),
  CLONE_FILES: bit('clone_flags', 'CLONE_FILES'),
  CLONE_FS: bit('clone_flags', 'CLONE_FS'),
  CLONE_PARENT: bit('clone_flags', 'CLONE_PARENT'),
  CLONE_THREAD: bit('clone_flags', 'CLONE_THREAD'),
  CLONE_INVERTED: bit('clone_flags', 'CLONE_INVERTED'),
  CLONE_NEWPID: bit('clone_flags', 'CLONE_NEWPID'),
  CLONE_CHILD_IN_PIDNS: bit('clone_flags', 'CLONE_CHILD_IN_PIDNS'),
  EXE_WRITABLE: bit('execve_flags', 'EXE_WRITABLE'),
  EXE_UPPER_LAYER: bit('execve_flags', 'EXE_UPPER_LAYER'),
  EXE_FROM_MEMFD: bit('execve_flags', 'EXE_FROM_MEMFD'),
  EXE_LOWER_LAYER: bit('execve_flags', 'EXE_LOWER_LAYER'),
  AT_EMPTY_PATH: bit('execveat_flags', 'AT_EMPTY_PATH'),
  F_DUPFD: bit('fcntl_commands', 'F_DUPFD'),
  F_DUPFD_CLOEXEC: bit('fcntl_commands', 'F_DUPFD_CLOEXEC'),
  F_SETFD: bit('fcntl_commands', 'F_SETFD'),
  RLIMIT_NOFILE: bit('rlimit_resources', 'RLIMIT_NOFILE'),
  PR_SET_NAME: bit('prctl_options', 'PR_SET_NAME'),
  PR_SET_CHILD_SUBREAPER: bit('prctl_options', 'PR_SET_CHILD_SUBREAPER'),
  AF_UNIX: bit('socket_families', 'AF_UNIX'),
  AF_INET: bit('socket_families', 'AF_INET'),
  AF_INET6: bit('socket_families', 'AF_INET6'),
  AF_NETLINK: bit('socket_families', 'AF_NETLINK'),
} as const

function bit(set: string, name: string): number {
  const entry = flagSets.get(set)?.entries.find(([key]) => key === name)
  if (!entry) throw new Error(`flag set ${set} has no ${name}`)
  return entry[1]
}
