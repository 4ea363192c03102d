import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { defineCommand } from '../command.ts'

const clusters = ['kubeadm', 'kind', 'minikube', 'k3s'] as const
type Cluster = (typeof clusters)[number]

/** `eyas audit apiserver`. */
export const apiserverCommand = defineCommand({
  name: 'audit apiserver',
  summary: 'Prints the flags that kube-apiserver needs, and where they go.',
  usage: '[OPTION...]',
  flags: [
    { name: 'cluster', long: 'cluster', arg: 'KIND', help: `How the cluster was made: ${clusters.join(', ')}; kubeadm if left out.` },
    {
      name: 'dir',
      long: 'dir',
      arg: 'DIRECTORY',
      help: 'Where policy.yaml and webhook.yaml are on the node (default /etc/kubernetes/audit).',
    },
    { name: 'log', long: 'log', help: 'Write a log for Eyas to follow (open_params: file://PATH) instead of posting events.' },
  ],
  details: `The batch settings are for alerts within two seconds: kube-apiserver sends a batch when it has 100
events or is a second old, up to 50 batches a second, and keeps 20,000 events while Eyas is away.`,
  run: ({ args }) => {
    const cluster = clusters.find((each) => each === (args.cluster ?? 'kubeadm'))
    if (cluster === undefined)
      throw new Fault('flag-invalid', `there is no --cluster '${args.cluster}'`, { hint: `choose one of ${clusters.join(', ')}` })
    return print(
      printers[cluster](
        args.log ? logFlags(args.dir ?? defaultDir) : webhookFlags(args.dir ?? defaultDir),
        args.dir ?? defaultDir,
        args.log,
      ),
    )
      ? 0
      : 1
  },
})

const defaultDir = '/etc/kubernetes/audit'
const logDir = '/var/log/kubernetes/audit'

type Flags = readonly (readonly [name: string, value: string])[]

function webhookFlags(dir: string): Flags {
  return [
    ['audit-policy-file', `${dir}/policy.yaml`],
    ['audit-webhook-config-file', `${dir}/webhook.yaml`],
    ['audit-webhook-mode', 'batch'],
    ['audit-webhook-batch-buffer-size', '20000'],
    ['audit-webhook-batch-max-size', '100'],
    ['audit-webhook-batch-max-wait', '1s'],
    ['audit-webhook-batch-throttle-qps', '50'],
    ['audit-webhook-batch-throttle-burst', '100'],
    ['audit-webhook-initial-backoff', '1s'],
    ['audit-webhook-truncate-enabled', 'true'],
    ['audit-webhook-truncate-max-batch-size', '10485760'],
    ['audit-webhook-truncate-max-event-size', '1048576'],
  ]
}

function logFlags(dir: string): Flags {
  return [
    ['audit-policy-file', `${dir}/policy.yaml`],
    ['audit-log-path', `${logDir}/audit.log`],
    ['audit-log-format', 'json'],
    ['audit-log-maxsize', '100'],
    ['audit-log-maxbackup', '5'],
  ]
}

type Printer = (flags: Flags, dir: string, isLog: boolean) => string

const printers: Readonly<Record<Cluster, Printer>> = {
  kubeadm: (flags, dir, isLog) =>
    [
      '# On each node of the control plane: merge this into /etc/kubernetes/manifests/kube-apiserver.yaml.',
      '# kubelet starts kube-apiserver anew when that file changes. Keep a copy of it elsewhere.',
      'spec:',
      '  containers:',
      '    - name: kube-apiserver',
      '      command:',
      '        - kube-apiserver',
      '        # after the flags that are there',
      ...flags.map(([name, value]) => `        - --${name}=${value}`),
      '      volumeMounts:',
      `        - {name: audit, mountPath: ${dir}, readOnly: true}`,
      ...(isLog ? [`        - {name: audit-log, mountPath: ${logDir}}`] : []),
      '  volumes:',
      `    - {name: audit, hostPath: {path: ${dir}, type: Directory}}`,
      ...(isLog ? [`    - {name: audit-log, hostPath: {path: ${logDir}, type: DirectoryOrCreate}}`] : []),
      '',
    ].join('\n'),
  kind: (flags, dir, isLog) =>
    [
      '# kind create cluster --config THIS; policy.yaml and webhook.yaml are in ./audit.',
      'kind: Cluster',
      'apiVersion: kind.x-k8s.io/v1alpha4',
      'nodes:',
      '  - role: control-plane',
      '    extraMounts:',
      `      - {hostPath: ./audit, containerPath: ${dir}, readOnly: true}`,
      ...(isLog ? [`      - {hostPath: ./audit-log, containerPath: ${logDir}}`] : []),
      '    kubeadmConfigPatches:',
      '      - |',
      '        kind: ClusterConfiguration',
      '        apiServer:',
      '          extraArgs:',
      ...flags.map(([name, value]) => `            ${name}: ${JSON.stringify(value)}`),
      '          extraVolumes:',
      `            - {name: audit, hostPath: ${dir}, mountPath: ${dir}, readOnly: true, pathType: Directory}`,
      ...(isLog ? [`            - {name: audit-log, hostPath: ${logDir}, mountPath: ${logDir}, pathType: DirectoryOrCreate}`] : []),
      '',
    ].join('\n'),
  minikube: (flags) => {
    // minikube puts ~/.minikube/files into the node, and kube-apiserver there sees this directory of it.
    const inside = flags.map(([name, value]) => [name, value.replace(/^.*\/((?:policy|webhook)\.yaml)$/, '/etc/ssl/certs/$1')] as const)
    return [
      'mkdir -p ~/.minikube/files/etc/ssl/certs',
      'cp policy.yaml webhook.yaml ~/.minikube/files/etc/ssl/certs/',
      'minikube start \\',
      ...inside.map(([name, value], i) => `  --extra-config=apiserver.${name}=${value}${i === inside.length - 1 ? '' : ' \\'}`),
      '',
    ].join('\n')
  },
  k3s: (flags) =>
    [
      '# On each server: add this to /etc/rancher/k3s/config.yaml, then restart k3s.',
      'kube-apiserver-arg:',
      ...flags.map(([name, value]) => `  - ${name}=${value}`),
      '',
    ].join('\n'),
}
