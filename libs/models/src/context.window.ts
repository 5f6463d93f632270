/** How much of the oldest turns is not shown to the model any more. Plain JSON: it is recorded with each turn. */
export interface LeftOut {
  /** So many of the oldest turns are shown without the outputs of their calls. */
  outputs: number
  /** So many of the oldest turns are shown as one sentence only. */
  turns: number
}

export const nothingLeftOut: LeftOut = { outputs: 0, turns: 0 }

/** The newest turns always stay whole: they are what the model works on. */
const KEPT_TURNS = 2
/** Making room for a while keeps the beginning of the prompt the same for a while, which prompt caches live on. */
const TARGET_SHARE = 0.6

/**
 * The rule by which a conversation is made to fit: first the outputs of the oldest turns go, one turn after the other,
 * then the oldest turns themselves, until three fifths of the limit are reached. System and user text, the last two
 * turns, and what had gone before stay as they are. Same input, same answer.
 *
 * @param size tokens of the conversation when so much is left out
 * @param limitTokens what may be used for input
 * @returns what to leave out; as much as the rule allows when that is not enough
 */
export function leaveOut(
  size: (leftOut: LeftOut) => number,
  turnCount: number,
  current: LeftOut,
  limitTokens: number,
): LeftOut {
  if (size(current) <= limitTokens) return current
  const targetTokens = limitTokens * TARGET_SHARE
  const most = Math.max(0, turnCount - KEPT_TURNS)
  let left = current
  for (const part of ['outputs', 'turns'] as const) {
    while (left[part] < most) {
      left = { ...left, [part]: left[part] + 1 }
      if (size(left) <= targetTokens) return left
    }
  }
  return left
}
