import { existsSync, readFileSync } from 'node:fs'
import { textAt } from '../../base/files.ts'
import { find, lastWords, run } from './tools.ts'

/** Whether a module is in the kernel. */
export function isLoaded(name: string): boolean {
  return textAt('/proc/modules')
    .split('\n')
    .some((line) => line.startsWith(`${name} `))
}

/** The version of a module in the kernel, as it tells it; undefined where it does not. */
export function loadedVersion(name: string): string | undefined {
  return textAt(`/sys/module/${name}/version`).trim() || undefined
}

/** The device of the first CPU, by which a module shows that it works; undefined where it is not there. */
export function firstDevice(name: string): string | undefined {
  const path = `/dev/${name}0`
  return existsSync(path) ? path : undefined
}

/** Loads a module from a file; why that did not work, undefined where it did. */
export async function insert(path: string): Promise<string | undefined> {
  const reason = whyNoModules()
  if (reason !== undefined) return reason
  if (existsSync('/sys/fs/selinux/enforce') && find('chcon')) await run(['chcon', '-t', 'modules_object_t', path])
  const ran = await run(['insmod', path])
  return ran.isOk || /File exists/.test(ran.output) ? undefined : explain(ran.output)
}

/** Loads a module that is installed below /lib/modules; why that did not work, undefined where it did. */
export async function modprobe(name: string, root: string): Promise<string | undefined> {
  const reason = whyNoModules()
  if (reason !== undefined) return reason
  const ran = await run(['modprobe', ...(root === '/' ? [] : ['-d', root]), name])
  return ran.isOk ? undefined : explain(ran.output)
}

/** Takes a module out of the kernel; why that did not work, undefined where it did. */
export async function remove(name: string): Promise<string | undefined> {
  const ran = await run(['rmmod', name])
  if (ran.isOk || /not (currently )?loaded/i.test(ran.output)) return undefined
  return /in use/i.test(ran.output) ? `it is in use: end what reads from ${name} first` : lastWords(ran.output)
}

// What insmod and modprobe say, which is strerror(3) of what finit_module(2) gave.
const refusals: readonly (readonly [RegExp, () => string])[] = [
  [
    /Required key not available|Key was rejected|Key has been revoked/i,
    () =>
      `the kernel takes signed modules only, and has no key for this one${secureBoot() ? ' (Secure Boot is on)' : ''}: sign it with a key enrolled by mokutil --import, or use modern_ebpf`,
  ],
  [/Operation not permitted/i, notPermitted],
  [/Permission denied/i, () => 'a security module of the kernel (SELinux, AppArmor, LoadPin) forbids it: see its audit log'],
  [/Invalid module format|Exec format error/i, () => 'it is for another kernel, or another configuration of it'],
  [/Unknown symbol/i, () => 'it uses what this kernel does not export: it is for another kernel'],
  [/not found in directory|not found/i, () => 'there is no such module below /lib/modules'],
  [/Cannot allocate memory/i, () => 'the kernel has no memory for it'],
]

/** Why the kernel did not take a module, from what the tool that tried it said. */
export function explain(output: string): string {
  const reason = refusals.find(([pattern]) => pattern.test(output))?.[1]()
  return reason === undefined ? lastWords(output) : `${reason} (${lastWords(output, 1)})`
}

/** Why this kernel takes no modules at all; undefined where it does. */
export function whyNoModules(): string | undefined {
  return existsSync('/proc/modules') ? undefined : 'this kernel was built without modules'
}

function notPermitted(): string {
  if (textAt('/proc/sys/kernel/modules_disabled').trim() === '1')
    return 'loading modules is switched off until the next boot (kernel.modules_disabled = 1)'
  const lockdown = lockdownMode()
  if (lockdown !== 'none') return `the kernel is locked down (${lockdown}), and takes signed modules only: sign it, or use modern_ebpf`
  return 'this process lacks CAP_SYS_MODULE: run it as root of the host, in a container with --privileged'
}

/** How far the kernel is locked down (kernel_lockdown(7)): none, integrity or confidentiality. */
export function lockdownMode(text: string = textAt('/sys/kernel/security/lockdown')): string {
  return /\[(\w+)\]/.exec(text)?.[1] ?? 'none'
}

function secureBoot(): boolean {
  const variable = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'
  return existsSync(variable) && readFileSync(variable).at(-1) === 1
}

/** Why this process may not do anything about modules; undefined where it may. */
export function whyNoRights(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'loading and removing kernel modules takes root: run this with sudo'
}
