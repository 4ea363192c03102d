import type { FileOptions } from './file.ts'
import type { HttpOptions } from './http.ts'
import type { ProgramOptions } from './program.ts'
import { openStdout } from './stdout.ts'
import type { SyslogOptions } from './syslog.ts'

/**
 * How each output is opened, by the name of its section in falco.yaml (`NAME_output`).
 *
 * One is loaded where it is enabled: what some need of the runtime would take a start as long as the rules do.
 */
export const outputs = {
  stdout: openStdout,
  syslog: (options: SyslogOptions) => (require('./syslog.ts') as typeof import('./syslog.ts')).openSyslog(options),
  file: (options: FileOptions) => (require('./file.ts') as typeof import('./file.ts')).openFileOutput(options),
  program: (options: ProgramOptions) => (require('./program.ts') as typeof import('./program.ts')).openProgram(options),
  http: (options: HttpOptions) => (require('./http.ts') as typeof import('./http.ts')).openHttp(options),
} as const
