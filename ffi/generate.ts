import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { events, flagSets, genericExit, syscalls } from '../src/schema/event.ts'

const banner = '/* Written by generate.ts from src/schema: do not edit. */\n'

/** Writes the headers that give C the tables of src/schema. */
export function generate(directory: string): void {
  mkdirSync(directory, { recursive: true })
  write(join(directory, 'events.h'), eventsHeader())
  write(join(directory, 'flags.h'), flagsHeader())
  write(join(directory, 'syscalls.h'), syscallsHeader())
  write(join(directory, 'names.h'), namesHeader())
}

/** Codes of events and numbers of their parameters; PPM_SC codes. */
function eventsHeader(): string {
  const lines = events.flatMap(({ id, code, params }) => [`#define EV_${id} ${code}`, `#define NP_${id} ${params.length}`])
  const codes = syscalls.map(({ name, sc }) => `#define SC_${name} ${sc}`)
  return `${banner}${[...lines, ...codes].join('\n')}\n`
}

function flagsHeader(): string {
  const lines = new Set<string>()
  for (const { name, entries } of flagSets.values()) {
    for (const [flag, value] of entries) lines.add(`#define ${name.toUpperCase()}_${flag} ${value}`)
  }
  return `${banner}${[...lines].join('\n')}\n`
}

/** CALL(number, name, PPM_SC code) for each system call that this architecture's header knows. */
function syscallsHeader(): string {
  const lines: string[] = []
  for (const { sc, name, x86_64, arm64 } of syscalls) {
    // From 424 on numbers are the same everywhere, so that those newer than the header can be given here.
    const isShared = x86_64 !== undefined && x86_64 === arm64 && x86_64 >= 424
    if (isShared) lines.push(`#ifndef __NR_${name}`, `#define __NR_${name} ${x86_64}`, '#endif')
    lines.push(`#ifdef __NR_${name}`, `CALL(__NR_${name}, ${name}, ${sc})`, '#endif')
  }
  return `${banner}${lines.join('\n')}\n`
}

/** NAME(name, PPM_SC code) for each system call, also those that this architecture lacks. */
function namesHeader(): string {
  return `${banner}${syscalls.map(({ name, sc }) => `NAME(${name}, ${sc})`).join('\n')}\n`
}

/** Names of the system calls whose exit has an event of its own, so that it needs a filler. */
export function callsWithFiller(): string[] {
  return syscalls.filter(({ exit }) => exit !== genericExit).map(({ name }) => name)
}

function write(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  writeFileSync(path, text)
}
