import { readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { defineCommand } from '../command.ts'

/** `eyas audit kubeconfig`. */
export const kubeconfigCommand = defineCommand({
  name: 'audit kubeconfig',
  summary: 'Prints the kubeconfig that tells kube-apiserver where to post audit events.',
  usage: '--server URL [OPTION...]',
  flags: [
    { name: 'server', long: 'server', arg: 'URL', help: 'Where Eyas listens: http://HOST:9765/k8s-audit.' },
    { name: 'ca', long: 'ca', arg: 'FILE', help: 'PEM file with the authority that signed the certificate of Eyas, or that certificate.' },
    { name: 'tokenFile', long: 'token-file', arg: 'FILE', help: 'File with the token of init_config.tokenFile.' },
    { name: 'cert', long: 'client-cert', arg: 'FILE', help: 'PEM file with the certificate that kube-apiserver shows.' },
    { name: 'key', long: 'client-key', arg: 'FILE', help: 'PEM file with its key.' },
    { name: 'insecure', long: 'insecure', help: 'Let kube-apiserver take any certificate.' },
  ],
  details: `Put it where --audit-webhook-config-file of kube-apiserver names it; see eyas audit apiserver.
Certificates, key and token are in it, so keep it as safe as these.`,
  run: ({ args }) => {
    const server = serverOf(args.server)
    if ((args.cert === undefined) !== (args.key === undefined))
      throw new Fault('flag-invalid', 'a client certificate and its key come together', {
        hint: 'give both --client-cert and --client-key',
      })
    return print(kubeconfig(server, args)) ? 0 : 1
  },
})

interface Credentials {
  readonly ca?: string | undefined
  readonly tokenFile?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly insecure: boolean
}

function kubeconfig(server: string, { ca, tokenFile, cert, key, insecure }: Credentials): string {
  const user = [
    ...(tokenFile === undefined ? [] : [`token: ${JSON.stringify(read(tokenFile).toString('utf8').trim())}`]),
    ...(cert === undefined ? [] : [`client-certificate-data: ${base64(cert)}`]),
    ...(key === undefined ? [] : [`client-key-data: ${base64(key)}`]),
  ]
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '  - name: eyas',
    '    cluster:',
    `      server: ${JSON.stringify(server)}`,
    ...(ca === undefined ? [] : [`      certificate-authority-data: ${base64(ca)}`]),
    ...(insecure ? ['      insecure-skip-tls-verify: true'] : []),
    'users:',
    '  - name: kube-apiserver',
    ...(user.length === 0 ? ['    user: {}'] : ['    user:', ...user.map((line) => `      ${line}`)]),
    'contexts:',
    '  - name: eyas',
    '    context: {cluster: eyas, user: kube-apiserver}',
    'current-context: eyas',
    '',
  ].join('\n')
}

function serverOf(text: string | undefined): string {
  if (text === undefined) throw new Fault('flag-invalid', '--server is missing', { hint: 'write --server http://HOST:9765/k8s-audit' })
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '')
    return url.pathname === '/' ? `${url.origin}/k8s-audit` : text
  throw new Fault('flag-invalid', `--server takes a URL, not '${text}'`, { hint: 'write --server http://HOST:9765/k8s-audit' })
}

function base64(path: string): string {
  return read(path).toString('base64')
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read ${path}: ${fileProblem(cause)}`, { hint: 'check the path and who may read it', cause })
  }
}
