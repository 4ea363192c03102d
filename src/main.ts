import { main } from './commands/index.ts'

main(process.argv0, process.argv.slice(2), process.env).then((code) => process.exit(code))
