const slots = 16_384

/** The slot of Redis Cluster that holds the keys of a shard: CRC16 (XMODEM) of the hash tag. */
export function slotOfShard(shard: string): number {
  let crc = 0
  for (const byte of Buffer.from(shard)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  }
  return (crc & 0xffff) % slots
}
