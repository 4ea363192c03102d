import { bench, do_not_optimize, run, summary } from 'mitata'
import { compileKind } from '../../src/condition/compile.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import { checked, type ToyEvent } from '../condition/toy.ts'

// Rules as default rule files have them: shared macros first, long lists, path prefixes, few patterns.
const macros = {
  writes: 'toy.type in (open, close) and toy.ok = true and toy.result >= 0',
  shell: 'toy.name in (sh, bash, zsh, dash, ksh, csh)',
  sensitive:
    'toy.path startswith /etc and (toy.path in (/etc/shadow, /etc/sudoers, /etc/pam.conf) or toy.path pmatch (/etc/pam.d, /etc/ssh))',
  package: 'toy.name in (apt, apt-get, dpkg, rpm, yum, dnf, apk, snapd) or toy.parent startswith "apt-"',
}
const texts = Array.from({ length: 30 }, (_, i) => [
  `writes and sensitive and not package and not toy.above in (tool${i}, helper)`,
  `writes and shell and toy.path startswith /opt/app${i}/ and not toy.name = user${i}`,
  `writes and toy.path glob /home/*/.ssh/key${i}* and not shell`,
]).flat()

const rules = texts.map((text) => ({ condition: checked(text, macros) }))
const events: readonly ToyEvent[] = Array.from({ length: 64 }, (_, i) => ({
  kind: 0,
  name: i % 8 === 0 ? 'bash' : 'node',
  parent: 'make',
  path: i % 16 === 0 ? '/etc/ld.so.cache' : `/usr/lib/x86_64-linux-gnu/lib${i}.so`,
  result: i % 4 === 0 ? -2 : i,
  ok: i % 2 === 0,
  ancestors: ['make', 'bash', 'init'],
}))

const { match } = compileKind(rules, 0, 'all')
const hits: number[] = []

summary(() => {
  bench(`evaluate: ${events.length} events, ${rules.length} rules`, () => {
    for (const event of events) for (const rule of rules) do_not_optimize(evaluate(rule.condition, event))
  })
  bench(`compileKind: ${events.length} events, ${rules.length} rules`, () => {
    for (const event of events) do_not_optimize(match(event, hits))
  })
})

await run()
