import { version } from '../../package.json'

/** This program's own version. */
export const eyasVersion: string = version

// What existing rules, configuration and tools may rely on; other programs (falcoctl, scripts) read these.
/** The Falco release whose behaviour this one reproduces. */
export const falcoVersion = '0.44.1'
export const libsVersion = '0.25.2'
export const pluginApiVersion = '3.12.0'
export const engineVersion = '0.63.0'
export const driverApiVersion = '10.1.0'
export const driverSchemaVersion = '4.5.1'
export const defaultDriverVersion = '10.1.0+driver'
