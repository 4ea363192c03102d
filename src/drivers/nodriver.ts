import type { Driver } from './driver.ts'

export const nodriver: Driver = {
  name: 'nodriver',
  summary: 'No system calls: for the events of plugins alone.',
  probe: () => ({ isUsable: true, reason: 'it needs nothing' }),
}
