import { expect, test } from 'bun:test'
import { lineTemplate } from '../../src/inspect/template.ts'

test.each<[asked: string | undefined, template: string]>([
  [undefined, '*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info'],
  [
    'c',
    '*%evt.num %evt.outputtime %evt.cpu %container.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info',
  ],
  [
    'kubernetes',
    '*%evt.num %evt.outputtime %evt.cpu %k8s.pod.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info',
  ],
  ['%evt.num', '%evt.num'],
  ['cc', 'cc'],
  ['a\\tb\\nc\\e[0m\\\\n', 'a\tb\nc\x1b[0m\\n'],
  ['\\x41\\a\\', '\\x41\\a\\'],
])('-p %j is %j', (asked, template) => {
  expect(lineTemplate(asked)).toBe(template)
})
