import { describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { artifactOf, localPath, urlIn } from '../../src/drivers/kmod/artifact.ts'
import { hostOf } from '../../src/drivers/kmod/host.ts'
import { targetOf } from '../../src/drivers/kmod/target.ts'

interface Sample {
  readonly osRelease?: string
  readonly files?: Readonly<Record<string, string>>
  readonly release: string
  readonly version: string
}

function targetIn({ osRelease, files = {}, release, version }: Sample) {
  const root = mkdtempSync(join(tmpdir(), 'eyas-root-'))
  try {
    mkdirSync(join(root, 'etc'))
    const all = { ...(osRelease !== undefined && { 'etc/os-release': osRelease }), ...files }
    for (const [path, text] of Object.entries(all)) writeFileSync(join(root, path), text)
    return targetOf(hostOf({ root, release, version }))
  } finally {
    rmSync(root, { recursive: true })
  }
}

const smp = (rest: string) => `#1 SMP ${rest}`

// os-release, `uname -r`, `uname -v` -> what the file is called between the name and .ko.
const rows: readonly (readonly [string, Sample, string])[] = [
  [
    'Ubuntu, AWS',
    {
      osRelease: 'NAME="Ubuntu"\nID=ubuntu\nVERSION_ID="22.04"\n',
      release: '5.15.0-1009-aws',
      version: '#11-Ubuntu SMP Thu May 26 19:39:49 UTC 2022',
    },
    'ubuntu-aws_5.15.0-1009-aws_11',
  ],
  [
    'Ubuntu, AWS of an older series',
    { osRelease: 'ID=ubuntu\n', release: '5.0.0-1028-aws-5.0', version: '#31~18.04.1-Ubuntu SMP' },
    'ubuntu-aws_5.0.0-1028-aws-5.0_31~18.04.1',
  ],
  [
    'Ubuntu, generic',
    { osRelease: 'ID=ubuntu\n', release: '5.4.0-42-generic', version: '#46-Ubuntu SMP' },
    'ubuntu-generic_5.4.0-42-generic_46',
  ],
  [
    'Ubuntu, a kernel of a later release',
    { osRelease: 'ID=ubuntu\n', release: '6.2.0-1004-gcp', version: '#26~22.04.1-Ubuntu SMP Mon Apr 24 01:58:15 UTC 2023' },
    'ubuntu-gcp_6.2.0-1004-gcp_26~22.04.1',
  ],
  [
    'Ubuntu, Azure with FDE',
    { osRelease: 'ID=ubuntu\n', release: '5.15.0-1053-azure-fde', version: '#61~20.04.1-Ubuntu SMP' },
    'ubuntu-azure_5.15.0-1053-azure-fde_61~20.04.1',
  ],
  [
    'Ubuntu, pages of 64 KiB',
    { osRelease: 'ID=ubuntu\n', release: '5.15.0-91-generic-64k', version: '#101-Ubuntu SMP' },
    'ubuntu-generic_5.15.0-91-generic-64k_101',
  ],
  [
    'Ubuntu, low latency',
    { osRelease: 'ID=ubuntu\n', release: '6.5.0-14-lowlatency', version: '#14.1-Ubuntu SMP' },
    'ubuntu-lowlatency_6.5.0-14-lowlatency_14.1',
  ],
  [
    'Ubuntu, no flavour',
    { osRelease: 'ID=ubuntu\n', release: '6.5.0-060500', version: '#202308271831 SMP' },
    'ubuntu-generic_6.5.0-060500_202308271831',
  ],
  [
    'Debian',
    {
      osRelease: 'ID=debian\nVERSION_ID="12"\n',
      release: '6.1.0-10-amd64',
      version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.38-2 (2023-07-27)',
    },
    'debian_6.1.38-2-amd64_1',
  ],
  [
    'Debian, cloud',
    { osRelease: 'ID=debian\n', release: '6.1.0-10-cloud-amd64', version: smp('PREEMPT_DYNAMIC Debian 6.1.38-2 (2023-07-27)') },
    'debian_6.1.38-2-cloud-amd64_1',
  ],
  [
    'Debian, real time, backport',
    { osRelease: 'ID=debian\n', release: '5.10.0-0.deb10.22-rt-amd64', version: smp('PREEMPT_RT Debian 5.10.178-3~deb10u1 (2023-05-08)') },
    'debian_5.10.178-3-rt-amd64_1',
  ],
  ['Debian, a kernel of its own', { osRelease: 'ID=debian\n', release: '6.18.1', version: smp('PREEMPT_DYNAMIC @0') }, 'debian_6.18.1_1'],
  [
    'Debian before os-release',
    { files: { 'etc/debian_version': '6.0' }, release: '2.6.32-5-amd64', version: smp('x') },
    'debian_2.6.32-5-amd64_1',
  ],
  [
    'Amazon Linux 1',
    { osRelease: 'ID="amzn"\nVERSION_ID="2018.03"\n', release: '4.14.186-110.268.amzn1.x86_64', version: smp('Tue') },
    'amazonlinux_4.14.186-110.268.amzn1.x86_64_1',
  ],
  [
    'Amazon Linux 2',
    { osRelease: 'ID="amzn"\nVERSION_ID="2"\n', release: '5.10.179-168.710.amzn2.x86_64', version: smp('Mon') },
    'amazonlinux2_5.10.179-168.710.amzn2.x86_64_1',
  ],
  [
    'Amazon Linux 2022',
    { osRelease: 'ID="amzn"\nVERSION_ID="2022"\n', release: '5.15.73-45.135.amzn2022.x86_64', version: smp('') },
    'amazonlinux2022_5.15.73-45.135.amzn2022.x86_64_1',
  ],
  [
    'Amazon Linux 2023',
    { osRelease: 'ID="amzn"\nVERSION_ID="2023"\n', release: '6.1.25-37.47.amzn2023.x86_64', version: smp('') },
    'amazonlinux2023_6.1.25-37.47.amzn2023.x86_64_1',
  ],
  ['RHEL', { osRelease: 'ID="rhel"\n', release: '5.14.0-284.11.1.el9_2.x86_64', version: smp('') }, 'rhel_5.14.0-284.11.1.el9_2.x86_64_1'],
  [
    'RHEL before os-release',
    { files: { 'etc/redhat-release': 'Red Hat' }, release: '2.6.32-754.el6.x86_64', version: smp('') },
    'rhel_2.6.32-754.el6.x86_64_1',
  ],
  [
    'CentOS',
    { osRelease: 'ID="centos"\n', release: '3.10.0-1160.el7.x86_64', version: smp('Mon Oct 19') },
    'centos_3.10.0-1160.el7.x86_64_1',
  ],
  [
    'CentOS before os-release',
    { files: { 'etc/centos-release': 'CentOS', 'etc/redhat-release': 'CentOS' }, release: '2.6.32-754.el6.x86_64', version: smp('') },
    'centos_2.6.32-754.el6.x86_64_1',
  ],
  ['Rocky', { osRelease: 'ID="rocky"\n', release: '5.14.0-70.13.1.el9_0.x86_64', version: smp('') }, 'rocky_5.14.0-70.13.1.el9_0.x86_64_1'],
  [
    'Alma',
    { osRelease: 'ID="almalinux"\n', release: '4.18.0-477.10.1.el8_8.x86_64', version: smp('') },
    'almalinux_4.18.0-477.10.1.el8_8.x86_64_1',
  ],
  ['Oracle', { osRelease: 'ID="ol"\n', release: '5.14.0-284.11.1.el9_2.x86_64', version: '#2 SMP' }, 'ol_5.14.0-284.11.1.el9_2.x86_64_2'],
  [
    'Fedora',
    { osRelease: 'ID=fedora\n', release: '6.3.8-200.fc38.x86_64', version: smp('PREEMPT_DYNAMIC') },
    'fedora_6.3.8-200.fc38.x86_64_1',
  ],
  ['COS', { osRelease: 'ID=cos\nVERSION_ID=105\n', release: '5.15.107+', version: smp('') }, 'cos_5.15.107+_1'],
  ['Flatcar', { osRelease: 'ID=flatcar\nVERSION_ID=3510.2.0\n', release: '5.15.106-flatcar', version: smp('') }, 'flatcar_3510.2.0_1'],
  [
    'Bottlerocket',
    { osRelease: 'ID=bottlerocket\nVERSION_ID="1.11.0"\nVARIANT_ID=aws-k8s-1.15\n', release: '5.10.144', version: smp('') },
    'bottlerocket_5.10.144_1_1.11.0-aws',
  ],
  ['Talos', { osRelease: 'ID=talos\nVERSION_ID=v1.4.1\n', release: '6.1.24-talos', version: smp('') }, 'talos_6.1.24-talos_1_v1.4.1'],
  [
    'minikube',
    {
      osRelease: 'ID=buildroot\nVERSION_ID=2021.02.4\n',
      files: { 'etc/VERSION': 'v1.26.0-1655407986-14197\n' },
      release: '5.10.57',
      version: smp(''),
    },
    'minikube_5.10.57_1_1.26.0',
  ],
  ['Arch', { osRelease: 'ID=arch\n', release: '6.3.9-arch1-1', version: smp('PREEMPT_DYNAMIC') }, 'arch_6.3.9-arch1-1_1'],
  ['an id in capitals', { osRelease: "ID='Photon'\n", release: '5.10.180-1.ph4', version: '#1-photon SMP' }, 'photon_5.10.180-1.ph4_1'],
  ['nothing known', { release: '5.4.3', version: '#7 SMP' }, 'undetermined_5.4.3_7'],
]

describe('targets', () => {
  test.each(rows)('%s', (_name, sample, expected) => {
    const { id, release, version } = targetIn(sample)
    expect(`${id}_${release}_${version}`).toBe(expected)
  })

  test.each([
    ['COS', { osRelease: 'ID=cos\n', release: '5.15.107+', version: smp('') }, true],
    ['Oracle, UEK', { osRelease: 'ID="ol"\n', release: '5.15.0-100.96.32.el9uek.x86_64', version: '#2 SMP' }, true],
    ['Oracle, the other kernel', { osRelease: 'ID="ol"\n', release: '5.14.0-284.11.1.el9_2.x86_64', version: '#2 SMP' }, false],
    ['Debian', { osRelease: 'ID=debian\n', release: '6.1.0-10-amd64', version: smp('') }, false],
  ])('of modules that do not work: %s', (_name, sample, isVetoed) => {
    expect(targetIn(sample).veto !== undefined).toBe(isVetoed)
  })

  test('files, addresses and local paths', () => {
    const target = targetIn({ osRelease: 'ID=amzn\nVERSION_ID=2\n', release: '5.10.179-168.710.amzn2.x86_64', version: smp('') })
    const artifact = artifactOf('falco', '10.2.0+driver', 'x86_64', target)
    const file = 'falco_amazonlinux2_5.10.179-168.710.amzn2.x86_64_1.ko'
    expect(artifact.file).toBe(file)
    expect(urlIn('https://download.falco.org/driver/', artifact)).toBe(`https://download.falco.org/driver/10.2.0%2Bdriver/x86_64/${file}`)
    expect(localPath('/root', artifact)).toBe(`/root/.falco/10.2.0+driver/x86_64/${file}`)
  })

  test.each(['../../etc', 'a/b', 'a b', 'a\nb', '$(id)', 'x'.repeat(200)])('%j is no part of a name', (version) => {
    const target = { id: 'debian', release: '6.1', version: '1' }
    expect(() => artifactOf('falco', version, 'x86_64', target)).toThrow(/cannot be part of the name/)
  })
})
