import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ground } from './attacks/attack.ts'

/** What people and build systems do all day, and no rule may mind. */
export async function workQuietly(ground: Ground): Promise<void> {
  const { dir, run } = ground
  writeFileSync(join(dir, 'hello.c'), '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n')
  await run(['ls', '-la', '/etc', '/var/log', '/root'])
  await run(['cp', '-a', join(dir, 'hello.c'), join(dir, 'copy.c')])
  await run(['cc', '-o', join(dir, 'hello'), join(dir, 'hello.c')])
  await run([join(dir, 'hello')])
  await run(['git', 'init', '-q', join(dir, 'repository')])
  await run(['git', 'status'], join(dir, 'repository'))
  await run(['sh', '-c', 'i=0; while [ $i -lt 20 ]; do cat /etc/passwd /etc/group | grep -c root; i=$((i + 1)); done; ps; df; uptime'])
  await run(['python3', '-c', 'import json, subprocess; subprocess.run(["sh", "-c", "id; date"]); open("/etc/hosts").read()'])
  await run(['tar', '-czf', join(dir, 'copy.tgz'), '-C', dir, 'hello.c'])
  await run(['find', dir, '-name', '*.c', '-exec', 'wc', '-l', '{}', ';'])
  await run(['ln', '-s', 'hello.c', join(dir, 'link.c')])
  await run(['sh', '-c', `echo line >> ${join(dir, 'app.log')}; : > ${join(dir, 'app.log')}; rm -r ${join(dir, 'repository')}`])
  await run(['getent', 'passwd', 'root'])
}

/** The same in a container. */
export async function workQuietlyInContainer(ground: Ground): Promise<void> {
  const { runInContainer } = ground
  await runInContainer(['/bin/ls', '-la', '/etc'])
  await runInContainer(['/bin/sh', '-c', 'for i in 1 2 3; do echo $i > /tmp/file; cat /tmp/file; done; rm /tmp/file; ps; id'])
  await runInContainer(['/bin/true'])
}
