import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { EventHeader, Stamp } from '@guildhall/contracts'
import type { AuditEntry } from '@guildhall/redis-streams'

/** Entries that are kept together, each in its place. */
export interface PackedBlock {
  /** A JSON array, packed: an EntryHead for each entry. */
  heads: Buffer
  /** A JSON array, packed: the text of each payload, as it came. */
  payloads: Buffer
}

/** What a block says of an entry beside its payload: header and stamp as they came, and SHA-256 (hex) and bytes of the payload. */
export type EntryHead = [header: EventHeader, stamp: Stamp, dataSha256: string, dataBytes: number]

/** Entries at most, and characters of them unless a single one has more: a block is read as a whole. */
const limits = { entries: 512, characters: 1_000_000 }
const compress = promisify(deflate)
const decompress = promisify(inflate)
// The higher levels take several times as long and save little: what repeats, the entries have in common.
const options = { level: 1 }
const lengthBytes = 4

/** Groups what lies in one block each, in order. */
export function inBlocks(entries: readonly AuditEntry[]): AuditEntry[][] {
  const blocks: AuditEntry[][] = []
  let characters = 0
  for (const entry of entries) {
    const { event, data, stampText } = entry
    const length = event.length + data.length + stampText.length
    const last = blocks.at(-1)
    characters += length
    if (last && last.length < limits.entries && characters <= limits.characters) last.push(entry)
    else {
      blocks.push([entry])
      characters = length
    }
  }
  return blocks
}

export async function packBlock(entries: readonly AuditEntry[]): Promise<PackedBlock> {
  const [heads, payloads] = await Promise.all([
    pack(`[${entries.map(headOf).join(',')}]`),
    pack(JSON.stringify(entries.map(({ data }) => data))),
  ])
  return { heads, payloads }
}

/** The heads of a block, each in its place. */
export async function unpackHeads(heads: Buffer): Promise<EntryHead[]> {
  return JSON.parse((await decompress(heads.subarray(lengthBytes))).toString()) as EntryHead[]
}

// The reader has parsed both texts: they are JSON.
function headOf({ event, data, stampText }: AuditEntry): string {
  return `[${event},${stampText},"${hash('sha256', data)}",${Buffer.byteLength(data)}]`
}

/** As COMPRESS() of MySQL does, so that UNCOMPRESS() reads it: the length, lowest byte first, and a zlib stream. */
async function pack(text: string): Promise<Buffer> {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([length, await compress(bytes, options)])
}
