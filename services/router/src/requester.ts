import { type ReceivedMessage, TerminalError } from '@guildhall/contracts'

/** The id of the client that asks. @throws TerminalError `no-requester` when it is none. */
export function requesterOf({ stamp }: ReceivedMessage): string {
  if (!stamp.client) throw new TerminalError('no-requester', 'Only a client may ask this')
  return stamp.client.id
}
