import type { EventHeader, ReceivedMessage, Stamp } from '@guildhall/contracts'

/** One try of a message, as its handler sees it. */
export class MessageTry implements ReceivedMessage {
  #control: AbortController | undefined
  #abortReason: Error | undefined

  constructor(
    readonly header: EventHeader,
    readonly stamp: Stamp,
    readonly entryId: string,
    readonly attempt: number,
  ) {}

  get signal(): AbortSignal {
    // Few handlers ever look at it, and a controller is costly for each message.
    this.#control ??= new AbortController()
    if (this.#abortReason) this.#control.abort(this.#abortReason)
    return this.#control.signal
  }

  abort(reason: Error): void {
    this.#abortReason ??= reason
    this.#control?.abort(this.#abortReason)
  }
}
