import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { searchPath } from './docker.ts'

const env = { ...process.env, PATH: searchPath }

/** Runs root's Podman with runc; returns what it prints. */
export function podman(args: readonly string[]): string {
  const runtime = Bun.which('runc', { PATH: searchPath }) ?? 'runc'
  const done = Bun.spawnSync(['podman', '--runtime', runtime, ...args], { env })
  if (done.exitCode !== 0) throw new Error(`podman ${args.join(' ')}: ${done.stderr.toString()}`)
  return done.stdout.toString().trim()
}

/** A user of the test's own, with an image, whose containers run without root. */
export interface PodmanUser {
  /** Runs a container to its end; returns its id. */
  run(args: readonly string[]): string
  stop(): void
}

const user = 'eyas-test-user'
const uid = 2977

// Puts each container where systemd would have put it, which needs a session of systemd's.
const runtimeScript = `#!/bin/bash
id=\${!#}
for word in "$@"; do
  [ "$word" = create ] || continue
  for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
    slice=$root/user.slice/user-${uid}.slice/user@${uid}.service/user.slice
    [ -w "$slice" ] && mkdir -p "$slice/libpod-$id.scope/container" && echo $$ > "$slice/libpod-$id.scope/container/cgroup.procs"
  done
done 2>/dev/null
exec runc "$@"
`

const enterScript = `for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ -e $root/cgroup.procs ] || continue
  slice=$root/user.slice/user-${uid}.slice/user@${uid}.service/user.slice
  mkdir -p $slice/session.scope
  chown -R ${uid} $slice
  echo $$ > $slice/session.scope/cgroup.procs
done 2>/dev/null
cd "$HOME"
exec setpriv --reuid ${uid} --regid ${uid} --init-groups "$@"
`

export async function startUser(dir: string, archive: string): Promise<PodmanUser> {
  const home = join(dir, 'home')
  Bun.spawnSync(['useradd', '--create-home', '--home-dir', home, '--uid', String(uid), '--shell', '/bin/bash', user], { env })
  const runtimeDir = `/run/user/${uid}`
  mkdirSync(runtimeDir, { recursive: true })
  Bun.spawnSync(['chown', `${uid}`, runtimeDir])
  chmodSync(archive, 0o644)
  const runtime = join(dir, 'user-runtime.sh')
  writeFileSync(runtime, runtimeScript, { mode: 0o755 })
  const enter = join(dir, 'enter.sh')
  writeFileSync(enter, enterScript)
  const own = { PATH: searchPath, HOME: home, XDG_RUNTIME_DIR: runtimeDir }
  const run = (args: readonly string[]) => {
    const base = ['podman', '--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--runtime', runtime]
    const done = Bun.spawnSync(['bash', enter, ...base, ...args], { env: own })
    if (done.exitCode !== 0) throw new Error(`podman ${args.join(' ')}: ${done.stderr.toString()}`)
    return done.stdout.toString().trim()
  }
  const pauseFile = join(runtimeDir, 'libpod/tmp/pause.pid')
  const stop = () => {
    if (existsSync(home)) Bun.spawnSync(['bash', enter, 'podman', 'unshare', 'rm', '-rf', join(home, '.local')], { env: own })
    // It keeps the user's namespace for the next time.
    const pause = existsSync(pauseFile) ? readFileSync(pauseFile, 'utf8') : ''
    if (Number(pause) > 1) process.kill(Number(pause), 'SIGKILL')
    Bun.spawnSync(['userdel', '--force', user], { env })
    rmSync(runtimeDir, { recursive: true, force: true })
  }
  try {
    run(['import', archive, 'eyas-test/user:1'])
  } catch (error) {
    stop()
    throw error
  }
  return {
    run: (args) => {
      const id = run(['create', '--network=none', ...args])
      run(['start', '--attach', id])
      return id
    },
    stop,
  }
}
