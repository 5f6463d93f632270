import { type ClientIdentity, type ReceivedMessage, TerminalError } from '@guildhall/contracts'

/** The client that decides. @throws TerminalError `no-requester` when it is none. */
export function deciderOf({ stamp }: ReceivedMessage): ClientIdentity {
  if (!stamp.client) throw new TerminalError('no-requester', 'Only a client may decide this')
  return stamp.client
}
