// What Falco's kernel module tells otherwise than it was, or not at all, as found with its API 10: nothing that a reader of its events
// could mend. Of 32-bit programs it takes the numbers of many calls for those of 64-bit ones, so that these are left out altogether.

/** Threads of the truth program that call as 64-bit programs do. */
export const moduleWorkers = ['0', '2']

/** What is told in place of a line: another, several, or none. */
const instead: readonly (readonly [RegExp, (line: string) => readonly string[]])[] = [
  // Where a pointer leads nowhere, there is no event.
  [/^openat2 fd=-14 .*resolve=0/, none],
  [/^getresgid res=-14/, none],
  [/^quotactl /, none],
  // O_TMPFILE has the bit of O_DIRECTORY.
  [/^openat .*O_DIRECTORY\|O_RDONLY/, replaced('O_DIRECTORY|O_RDONLY', 'O_DIRECTORY|O_RDONLY|O_TMPFILE')],
  [/^mknod .*dev=259/, replaced('dev=259', 'dev=1048579')],
  [/^fchownat .*AT_SYMLINK_NOFOLLOW/, replaced('AT_SYMLINK_NOFOLLOW', '0')],
  [/^fsconfig /, replaced(/value_bytebuf=\S+ value_charbuf=\S+/, 'value_bytebuf=- value_charbuf=-')],
  // The descriptors of a call before this one.
  [/^pipe2 res=-22/, () => ['pipe2 res=-22 fd1=* fd2=* ino=0 flags=0']],
  [/^signalfd.* mask=512/, replaced('mask=512', 'mask=0')],
  [/^timerfd_create .*clockid=1 /, replaced('flags=0', 'flags=64')],
  [/^userfaultfd /, replaced('O_NONBLOCK|O_CLOEXEC', 'O_LARGEFILE')],
  [/^copy_file_range .*offout=22/, replaced('offout=22 fdin=5 offin=3', 'offout=* fdin=5 offin=*')],
  [/^poll .*99:/, replaced('4:POLLOUT,99', '4:POLLOUT,-1:0,99')],
  [/^socket .*domain=99/, replaced('domain=99', 'domain=AF_UNSPEC')],
  [/^sendmsg res=-14/, () => ['sendmsg res=-14 data=- fd=4 size=- tuple=-']],
  [/^setsockopt .*SO_BINDTODEVICE/, replaced('val=lo', 'val=28524')],
  // Told twice, and by the length of the message.
  [/^(send|recv)mmsg /, (line) => Array(2).fill(line.replace('res=1 ', 'res=4 '))],
  [/^ptrace res=-3/, replaced('addr=- data=-', 'addr=0 data=0')],
  [/^semop /, replaced(/nsops=2.*semid/, 'nsops=2 sem_num_0=0 sem_op_0=0 sem_flg_0=0 sem_num_1=0 sem_op_1=0 sem_flg_1=0 semid')],
]

/** The lines that the module tells where these are true. */
export function toldByModule(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => instead.find(([pattern]) => pattern.test(line))?.[1](line) ?? [line])
}

function none(): readonly string[] {
  return []
}

function replaced(from: string | RegExp, to: string): (line: string) => readonly string[] {
  return (line) => [line.replace(from, to)]
}
