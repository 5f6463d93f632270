import { TerminalError } from '@guildhall/contracts'
import { isCrashLoop } from './delivery.policy.js'
import type { HandlerCall } from './handler.calls.js'
import type { HeldEntry } from './held.entry.js'
import { readPayload, type StampedMessage } from './message.reading.js'
import { MessageTry } from './message.try.js'

/** Whether the deadline of a message has passed. Text that is no time never passes. */
export function isExpired(expirytime: string | undefined, nowMs: number): boolean {
  return expirytime !== undefined && Date.parse(expirytime) <= nowMs
}

/**
 * Begins a try: what its handler gets.
 * @throws TerminalError when no handler could ever take it.
 */
export function openMessage(
  { header, stamp, data }: StampedMessage,
  entry: HeldEntry,
  call: HandlerCall | undefined,
  { service, maxDeliveries }: { service: string; maxDeliveries: number },
): { call: HandlerCall; payload: unknown; message: MessageTry } {
  if (isCrashLoop(entry.deliveries, maxDeliveries))
    throw new TerminalError('crash-loop', `Given up: ${maxDeliveries} deliveries ended without an outcome`)
  if (!call) throw new TerminalError('unknown-type', `${service} has no handler for ${header.type}`)
  const payload = call.readPayload(readPayload(data))
  const message = new MessageTry(header, stamp, entry.id, entry.attempt)
  entry.running = message
  return { call, payload, message }
}
