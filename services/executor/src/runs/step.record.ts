import { type CallPosition, callsOf, type RecordedTurn } from '@guildhall/models'
import type { Step } from './step.entity.js'

/**
 * The steps of one run by their index. An index says the same whenever the run is gone on with: a turn of a model takes
 * one, each call that it asks for the next ones in the model's order, whether it is made or not, and the next turn the one
 * after them. Calls that no turn asked for are numbered as they come.
 */
export class StepRecord {
  private readonly byIndex: Map<number, Step>
  private readonly turns: Step[]
  private unplaced = 0

  constructor(
    private readonly runId: string,
    recorded: readonly Step[],
  ) {
    this.byIndex = new Map(recorded.map((step) => [step.index, step]))
    this.turns = recorded.filter(({ kind, state }) => kind === 'model-turn' && state === 'done')
  }

  at(index: number): Step | undefined {
    return this.byIndex.get(index)
  }

  /** Where the next turn of a model belongs. */
  get nextTurnIndex(): number {
    const last = this.turns.at(-1)
    return last ? last.index + 1 + callsOf(turnOf(last)).length : 0
  }

  get finishedTurns(): RecordedTurn[] {
    return this.turns.map(turnOf)
  }

  /** Where a call belongs; without a position: behind the last one that had none. */
  takeIndex(position: CallPosition | undefined): number {
    const index = this.indexOf(position)
    if (!position) this.unplaced += 1
    return index
  }

  get calls(): number {
    return [...this.byIndex.values()].filter(({ kind }) => kind === 'function-call').length
  }

  /** How many calls came before the one at this position, those refused among them. */
  callsBefore(position: CallPosition | undefined): number {
    const index = this.indexOf(position)
    return [...this.byIndex.values()].filter((step) => step.kind === 'function-call' && step.index < index)
      .length
  }

  /** A step that is about to begin, as the record has it from now on. */
  add(index: number, step: Pick<Step, 'kind' | 'name' | 'repeatable'> & Partial<Step>): Step {
    const added: Step = {
      runId: this.runId,
      index,
      functionName: null,
      functionVersion: null,
      argumentsDigest: null,
      state: 'intent',
      outcome: null,
      begun: 1,
      startedAt: new Date(),
      finishedAt: null,
      ...step,
    }
    this.byIndex.set(index, added)
    return added
  }

  finishTurn(step: Step, turn: RecordedTurn): void {
    Object.assign(step, { state: 'done', outcome: turn, finishedAt: new Date() })
    this.turns.push(step)
  }

  private indexOf(position: CallPosition | undefined): number {
    if (!position) return this.unplaced
    const said = this.turns.filter((turn) => turnOf(turn).kind !== 'summary')
    const turn = said[position.turnIndex]
    if (!turn) throw new Error(`turn ${position.turnIndex} makes a call and is not on record`)
    return turn.index + 1 + position.callIndex
  }
}

function turnOf({ outcome }: Step): RecordedTurn {
  return outcome as RecordedTurn
}
