import { openFileOutput } from './file.ts'
import { openHttp } from './http.ts'
import { openProgram } from './program.ts'
import { openStdout } from './stdout.ts'
import { openSyslog } from './syslog.ts'

/** How each output is opened, by the name of its section in falco.yaml (`NAME_output`). */
export const outputs = {
  stdout: openStdout,
  syslog: openSyslog,
  file: openFileOutput,
  program: openProgram,
  http: openHttp,
} as const
