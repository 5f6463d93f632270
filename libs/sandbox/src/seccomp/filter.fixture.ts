/** What the kernel does with the program: classic BPF over `struct seccomp_data`. */
export function interpretFilter(
  program: Buffer,
  number: number,
  auditArch: number,
  args: readonly bigint[] = [],
): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number, 0)
  data.writeUInt32LE(auditArch, 4)
  args.forEach((value, index) => data.writeBigUInt64LE(value, 16 + 8 * index))
  let accumulator = 0
  for (let at = 0; at < program.length;) {
    const code = program.readUInt16LE(at)
    const operand = program.readUInt32LE(at + 4)
    const jump = (taken: boolean): number => at + 8 + 8 * program.readUInt8(at + (taken ? 2 : 3))
    if (code === 0x06) return operand
    if (code === 0x20) {
      accumulator = data.readUInt32LE(operand)
      at += 8
    } else if (code === 0x15) at = jump(accumulator === operand)
    else if (code === 0x35) at = jump(accumulator >= operand)
    else if (code === 0x45) at = jump((accumulator & operand) !== 0)
    else throw new Error(`unexpected instruction 0x${code.toString(16)}`)
  }
  throw new Error('the program ran past its end')
}
