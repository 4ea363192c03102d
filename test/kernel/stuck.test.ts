import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// Outputs that take nothing, beside one that does.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of stuck outputs are skipped: ${reason}`)

describe.skipIf(reason !== undefined)(
  'a reader of standard output that hangs, a command that never reads, and a receiver that never answers',
  () => {
    const probe = new Probe()
    afterAll(() => probe.remove())

    test('keep no alert from the file', async () => {
      const sockets: Bun.Socket[] = []
      const server = Bun.listen({
        hostname: '127.0.0.1',
        port: 0,
        socket: { open: (socket) => void sockets.push(socket), data: () => undefined },
      })
      const file = join(probe.dir, 'alerts')
      const keys = [
        ...['stdout_output.enabled=true', 'file_output.enabled=true', `file_output.filename=${file}`, 'json_output=true'],
        ...['program_output.enabled=true', 'program_output.keep_alive=true', 'program_output.program=exec sleep 60'],
        ...['http_output.enabled=true', `http_output.url=http://127.0.0.1:${server.port}/`],
      ]
      const env = { ...process.env, RUNTIME_DIRECTORY: join(probe.dir, 'run') }
      // Nobody ever reads what comes out of this pipe.
      const command = ['sh', '-c', '"$@" | sleep 60', 'sh', binary, '-r', probe.rules, ...keys.flatMap((key) => ['-o', key])]
      const pipe = Bun.spawn(command, { stderr: 'pipe', stdout: 'ignore', env, detached: true })
      try {
        let log = ''
        for await (const chunk of pipe.stderr) {
          log += new TextDecoder().decode(chunk)
          if (log.includes('Capturing')) break
        }
        const paths = Array.from({ length: 3000 }, (_, i) => probe.open(`probe-${i}`))
        const last = paths.at(-1) ?? ''
        for (let i = 0; i < 1000 && !(existsSync(file) && readFileSync(file, 'utf8').includes(`"${last}"`)); i++) await Bun.sleep(10)
        const seen = readFileSync(file, 'utf8').trimEnd().split('\n')
        expect(seen.map((line) => JSON.parse(line).output_fields['fd.name'])).toEqual(paths)
      } finally {
        process.kill(-pipe.pid, 'SIGKILL')
        await pipe.exited
        for (const socket of sockets) socket.end()
        server.stop(true)
      }
    }, 30_000)
  },
)
