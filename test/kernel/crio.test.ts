import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, patient, startAgent } from '../tools/agent.ts'
import { enterRootCgroups } from './cgroups.ts'
import { pod as crioPod, runInCrioCgroup, serveCrio, writeCrioBundles } from './crio.ts'
import { whyNotLive } from './stage.ts'
import { containedRule, firstTold } from './told.ts'

// CRI-O's containers, by cgroups of version 1 or 2, as this machine has them.

describe.skipIf(whyNotLive() !== undefined)('containers', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-crio-'))
  const crioSocket = join(dir, 'crio.sock')
  let agent: Agent
  let leave = () => {}

  beforeAll(async () => {
    leave = enterRootCgroups()
    const rules = join(dir, 'rules.yaml')
    writeFileSync(rules, JSON.stringify([containedRule]))
    const engines = { cri: { sockets: [crioSocket] } }
    const plugins = [{ name: 'container', library_path: 'libcontainer.so', init_config: { engines } }]
    const config = { rules_files: [rules], plugins, json_output: true, stdout_output: { enabled: true }, log_stderr: true }
    writeFileSync(join(dir, 'falco.yaml'), JSON.stringify(config))
    agent = await startAgent(['-c', join(dir, 'falco.yaml')])
  }, patient(30_000))

  afterAll(async () => {
    await agent?.stop()
    leave()
    rmSync(dir, { recursive: true, force: true })
  })

  test.each([
    ['its files', 'e1'.repeat(32), true],
    ['its answers', 'e2'.repeat(32), false],
  ])(
    'CRI-O, by %s',
    async (_, id, hasFiles) => {
      const remove = hasFiles ? writeCrioBundles(id) : () => {}
      const stop = hasFiles ? () => {} : await serveCrio(crioSocket, [id])
      try {
        await runInCrioCgroup(id, ['/bin/true', `crio-${hasFiles}`])
        const expected = {
          id: id.slice(0, 12),
          name: 'nginx',
          image: 'quay.io/team/web:2',
          type: 'cri-o',
          ip: crioPod.ip,
          pod: 'web-5d9c7b9d4-x',
          namespace: 'shop',
          podUid: 'u-1',
          sandbox: crioPod.id,
          deployment: 'web',
        }
        const first = await firstTold(agent, `true crio-${hasFiles}`)
        expect(first).toMatchObject(expected)
        expect(first.podLabels).toContain('app:wéb')
        expect(first.labels).not.toContain('app:')
        if (!hasFiles) expect(first).toMatchObject({ digest: `sha256:${'d'.repeat(64)}`, mounts: '/srv:/data::false:rslave' })
      } finally {
        stop()
        remove()
      }
    },
    patient(30_000),
  )
})
