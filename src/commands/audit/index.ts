import { Fault } from '../../base/fault.ts'
import { twoColumns } from '../../base/layout.ts'
import { print } from '../../base/print.ts'
import { closest } from '../../base/suggest.ts'
import type { Command } from '../command.ts'
import { commandUsage } from '../help.ts'
import { apiserverCommand } from './apiserver.ts'
import { checkCommand } from './check.ts'
import { kubeconfigCommand } from './kubeconfig.ts'
import { policyCommand } from './policy.ts'
import { scanCommand } from './scan.ts'
import { sendCommand } from './send.ts'

/** `eyas audit COMMAND`: what it takes to get the audit events of a cluster here. */
const parts: readonly Command[] = [policyCommand, kubeconfigCommand, apiserverCommand, checkCommand, sendCommand, scanCommand]

const helpFlag = { name: 'help', short: 'h', long: 'help', help: 'Show this text.' }

export const auditCommand: Command = {
  name: 'audit',
  summary: 'Sets up Kubernetes audit events, and reads old ones.',
  usage: 'COMMAND [OPTION...]',
  flags: [helpFlag],
  words: parts.map(({ name }) => shortName(name)),
  details: `Commands:
${parts.map(({ name, summary }) => twoColumns(`  ${shortName(name)}`, summary, 14, 100)).join('\n')}

\`eyas audit COMMAND --help\` says more about one of them. From nothing to the first alert:

  eyas audit policy > policy.yaml
  eyas audit kubeconfig --server http://HOST:9765/k8s-audit > webhook.yaml
  eyas audit apiserver                           says where these go, and what kube-apiserver needs
  eyas -o engine.kind=nodriver --enable-source k8s_audit        on HOST
  eyas audit check --server http://HOST:9765/k8s-audit`,
  run: (call) => {
    const [word = '', ...words] = call.words
    const command = parts.find(({ name }) => shortName(name) === word)
    if (command) return command.run({ ...call, words })
    if (word === '' || word === '-h' || word === '--help') return print(commandUsage(call.program, auditCommand)) ? 0 : 1
    const near = closest(
      word,
      parts.map(({ name }) => shortName(name)),
    )
    throw new Fault('command-unknown', `there is no command 'audit ${word}'`, {
      hint: near ? `did you mean audit ${near}?` : 'see eyas audit --help',
    })
  },
}

function shortName(name: string): string {
  return name.replace(/^audit /, '')
}
