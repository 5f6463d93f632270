import { compareEntryIds } from './entry.id.js'

const start = '0-0'
const entryIdPattern = /^\d{1,20}-\d{1,20}$/

/**
 * How far the reply streams of a client have been read: one entry id per shard. As text, `<shard>:<entry id>` joined by
 * commas; `0-0` is the beginning of every shard.
 */
export class ReplyPosition {
  readonly #ids: Map<string, string>

  constructor(ids: Iterable<readonly [shard: string, entryId: string]> = []) {
    this.#ids = new Map(ids)
  }

  /** @throws RangeError when the text is no position. */
  static parse(text: string): ReplyPosition {
    if (text === start) return new ReplyPosition()
    return new ReplyPosition(
      text.split(',').map((part) => {
        const [shard, id] = part.split(':')
        if (!shard || !id || !entryIdPattern.test(id))
          throw new RangeError(`${JSON.stringify(text)} is no position on the reply streams`)
        return [shard, id] as const
      }),
    )
  }

  /** The id after which to go on in a shard. */
  in(shard: string): string {
    return this.#ids.get(shard) ?? start
  }

  /** Whether an entry has been read. */
  covers(shard: string, entryId: string): boolean {
    return compareEntryIds(entryId, this.in(shard)) <= 0
  }

  /** Whether everything that the other has read has been read here. */
  coversAll(other: ReplyPosition): boolean {
    return [...other.#ids].every(([shard, id]) => this.covers(shard, id))
  }

  after(shard: string, entryId: string): ReplyPosition {
    return new ReplyPosition([...this.#ids, [shard, entryId]])
  }

  /** What both have read. */
  earlier(other: ReplyPosition): ReplyPosition {
    return new ReplyPosition(
      [...this.#ids].map(([shard, id]) => [shard, other.covers(shard, id) ? id : other.in(shard)] as const),
    )
  }

  toString(): string {
    return [...this.#ids].map(([shard, id]) => `${shard}:${id}`).join(',') || start
  }
}
