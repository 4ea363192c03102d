import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Moves this process into the root control groups, so that what it starts counts as the host's even where the test itself runs in
 * a container or in a group named like one. Returns the way back.
 */
export function enterRootCgroups(): () => void {
  const back: (readonly [file: string, group: string])[] = []
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')) {
    const [, controllers = '', path = '/'] = line.split(':')
    const root = rootOf(controllers)
    if (path === '/' || root === undefined) continue
    if (move(join(root, 'cgroup.procs'))) back.push([join(root, 'cgroup.procs'), join(root, path, 'cgroup.procs')])
  }
  return () => {
    for (const [, group] of back) move(group)
  }
}

// Version 1 has a mount for each set of controllers, version 2 a single one.
function rootOf(controllers: string): string | undefined {
  const roots = controllers === '' ? ['', 'unified'] : [controllers, controllers.replace('name=', '')]
  return roots.map((name) => join('/sys/fs/cgroup', name)).find((root) => existsSync(join(root, 'cgroup.procs')))
}

function move(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid))
    return true
  } catch {
    return false
  }
}
