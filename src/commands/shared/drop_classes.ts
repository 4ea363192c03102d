import { eventCodes, events } from '../../schema/event.ts'

/** Lost events by class, as Falco names them. */
export type DropClasses = Readonly<Record<DropClass, number>>

const classes = ['clone_fork', 'execve', 'connect', 'open', 'dir_file', 'other_interest', 'close', 'proc'] as const
export type DropClass = (typeof classes)[number]

const names: Readonly<Record<Exclude<DropClass, 'other_interest'>, readonly string[]>> = {
  clone_fork: ['clone', 'clone3', 'fork', 'vfork'],
  execve: ['execve', 'execveat'],
  connect: ['connect'],
  open: ['open', 'openat', 'openat2', 'creat', 'open_by_handle_at'],
  dir_file: words(
    'mkdir mkdirat rmdir link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mknod mknodat chmod fchmod fchmodat chown lchown fchown fchownat',
  ),
  close: ['close', 'close_range'],
  proc: ['procexit'],
}

const classOfName = new Map(Object.entries(names).flatMap(([name, all]) => all.map((each) => [each, name as DropClass] as const)))
const classOf: readonly DropClass[] = Array.from(
  { length: eventCodes },
  (_, code) => classOfName.get(events[code]?.name ?? '') ?? 'other_interest',
)

type ByType = ReadonlyMap<number, { readonly dropped: number }>

/** What was lost since `before`, by class. */
export function dropClasses(now: ByType, before: ByType): DropClasses {
  const lost = Object.fromEntries(classes.map((name) => [name, 0])) as Record<DropClass, number>
  for (const [code, { dropped }] of now) lost[classOf[code] ?? 'other_interest'] += dropped - (before.get(code)?.dropped ?? 0)
  return lost
}

function words(text: string): readonly string[] {
  return text.split(' ')
}
