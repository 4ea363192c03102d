import { openFileOutput } from '../../src/outputs/file.ts'

// Writes an alert, then more than there is room for.
const output = openFileOutput({ filename: process.argv[2] ?? '', keepAlive: true })
await output.write([{ line: 'a'.repeat(300), priority: 4 }])
await output.write([{ line: 'b'.repeat(2000), priority: 4 }]).catch((error) => console.log(error.message))
