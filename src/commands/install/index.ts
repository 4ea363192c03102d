import { resolve } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { defineCommand } from '../command.ts'
import { unitName } from './files.ts'
import { readManifest } from './manifest.ts'
import { Place } from './place.ts'
import { installFiles, type Step, uninstallFiles } from './steps.ts'
import { Systemd } from './systemd.ts'

const commonFlags = [
  { name: 'dryRun', long: 'dry-run', help: 'Only show what would be done.' },
  { name: 'root', long: 'root', arg: 'DIR', help: 'Work below DIR, such as an image of a host, instead of /.' },
] as const

/** `eyas install`. */
export const installCommand = defineCommand({
  name: 'install',
  summary: 'Installs this program as a service of this host, or brings an installation up to date.',
  usage: '[OPTION...]',
  flags: [...commonFlags, { name: 'start', long: 'start', help: 'Start the service too, now and with the host.' }],
  details: `It copies itself to /usr/bin/eyas, and writes /etc/falco (configuration and rules), a systemd unit
and a file for logrotate. A file that somebody has changed stays as it is: the new one goes beside
it as FILE.new. Doing it again changes nothing; a newer eyas brings its files up to date.`,
  run: async ({ args, rest }) => {
    refuseWords(rest, 'install')
    const place = new Place(resolve(args.root ?? '/'), args.dryRun)
    const systemd = new Systemd(place.root, args.dryRun)
    if (args.start && !systemd.isThere) throw noSystemd()
    const wasActive = systemd.isActive(unitName)
    const steps = await installFiles(place)
    steps.push(...systemd.run(['daemon-reload']))
    if (args.start) steps.push(...systemd.run(['enable', unitName]), ...systemd.run(['restart', unitName]))
    return report(steps, args.dryRun, args.start ? '' : advice(systemd, wasActive, steps))
  },
})

/** `eyas uninstall`. */
export const uninstallCommand = defineCommand({
  name: 'uninstall',
  summary: 'Stops the service and removes what install has written.',
  usage: '[OPTION...]',
  flags: [
    ...commonFlags,
    { name: 'purge', long: 'purge', help: 'Remove changed files, too, and alerts that still wait in /var/lib/eyas.' },
  ],
  details: 'Files that somebody has changed, and files of others such as logs, stay.',
  run: ({ args, rest }) => {
    refuseWords(rest, 'uninstall')
    const place = new Place(resolve(args.root ?? '/'), args.dryRun)
    const manifest = readManifest(place)
    if (!manifest)
      throw new Fault('install-missing', `there is no installation by eyas install below ${place.root}`, {
        hint: 'what came as a package is removed as one',
      })
    const systemd = new Systemd(place.root, args.dryRun)
    const steps = systemd.run(['disable', '--now', unitName])
    steps.push(...uninstallFiles(place, manifest, args.purge), ...systemd.run(['daemon-reload']))
    return report(steps, args.dryRun, '')
  },
})

function refuseWords([word]: readonly string[], name: string): void {
  if (word !== undefined) throw new Fault('flag-invalid', `${name} takes no '${word}'`, { hint: `see eyas ${name} --help` })
}

function noSystemd(): Fault {
  return new Fault('install-failed', '--start takes a host that systemd runs on', { hint: 'leave --start out; eyas alone starts it' })
}

function advice(systemd: Systemd, wasActive: boolean, steps: readonly Step[]): string {
  if (wasActive && steps.some(({ verb }) => verb === 'replace')) return 'To run what is new: systemctl restart eyas\n'
  if (wasActive) return ''
  return systemd.isThere ? 'To start it, now and with the host: systemctl enable --now eyas\n' : ''
}

function report(steps: readonly Step[], isDry: boolean, after: string): number {
  const lines = steps.map(({ verb, what, why }) => `  ${verb.padEnd(8)} ${what}${why === undefined ? '' : `  (${why})`}`)
  const head = isDry ? 'Nothing was done. This would be:\n' : ''
  return print(`${head}${lines.join('\n')}\n${isDry ? '' : after}`) ? 0 : 1
}
