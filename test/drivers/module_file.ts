/** Bytes of a kernel module that tells these things of itself, and does nothing. */
export function moduleBytes({ release = '6.1.0-test', name = 'falco', version = '10.1.0+driver', machine = 62, padding = 0 } = {}): Buffer {
  const info = Buffer.from(`name=${name}\0version=${version}\0vermagic=${release} SMP preempt mod_unload modversions \0`)
  const names = Buffer.from('\0.modinfo\0.shstrtab\0.pad\0')
  const pad = Buffer.alloc(padding, 0x5a)
  const [infoAt, namesAt, padAt] = [64, 64 + info.length, 64 + info.length + names.length]
  const tableAt = padAt + pad.length
  const header = Buffer.alloc(64)
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(1, 16)
  header.writeUInt16LE(machine, 18)
  header.writeBigUInt64LE(BigInt(tableAt), 40)
  header.writeUInt16LE(64, 58)
  header.writeUInt16LE(4, 60)
  header.writeUInt16LE(2, 62)
  const sections = [
    [0, 0, 0],
    [1, infoAt, info.length],
    [10, namesAt, names.length],
    [20, padAt, pad.length],
  ] as const
  const table = sections.map(([nameAt, start, size], index) => {
    const row = Buffer.alloc(64)
    row.writeUInt32LE(nameAt, 0)
    row.writeUInt32LE(index === 0 ? 0 : 1, 4)
    row.writeBigUInt64LE(BigInt(start), 24)
    row.writeBigUInt64LE(BigInt(size), 32)
    return row
  })
  return Buffer.concat([header, info, names, pad, ...table])
}
