import { appendFileSync } from 'node:fs'

// Writes down the ids that are posted to it, before it says that it has them; until it is killed.

const [ledger = '', port = '0'] = process.argv.slice(2)
const server = Bun.serve({
  port: Number(port),
  hostname: '127.0.0.1',
  fetch: async (request) => {
    const { id } = (await request.json()) as { readonly id: string }
    appendFileSync(ledger, `${id}\n`)
    return new Response('ok')
  },
})
process.stdout.write(`${server.port}\n`)
