import { expect, test } from 'bun:test'
import { callOf, openPlainContext } from '../../src/commands/context.ts'
import { readRuleset } from '../../src/commands/shared/ruleset.ts'
import { allSources } from '../../src/commands/shared/sources.ts'

const rule = '- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n'

/** The rule as the configuration that these options make has it. */
function ruled(...option: readonly string[]) {
  const call = callOf({ program: 'eyas', words: [], env: {} }, { option })
  const context = openPlainContext(call)
  return readRuleset(context, [{ name: 'r.yaml', text: rule }], allSources(context)).ruleset.rules[0]
}

test('static fields are among the fields of every alert, as far as they can be named', () => {
  const fields = ruled('static_fields.site=lab', 'static_fields.odd name=x')?.extraFields
  expect(fields).toEqual([{ name: 'static.site', format: 'static.site', isRaw: true }])
})

test('suggested fields are those of containers and pods, and static ones', () => {
  expect(ruled('append_output[].suggested_output=true', 'static_fields.site=lab')?.format).toBe(
    'o container_id=%container.id container_name=%container.name container_image_repository=%container.image.repository ' +
      'container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name static_site=%static.site',
  )
})
