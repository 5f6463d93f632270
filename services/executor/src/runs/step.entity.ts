import type { RecordedTurn } from '@guildhall/models'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'
import type { FunctionOutcome } from '../functions/function.outcome.js'

/**
 * One entry of the effect ledger: the intent of a call or of a model's turn, and later its outcome. While a person is
 * asked whether a call may happen at all it is `asking`: nothing has happened then. `waiting`: it was begun, and its outcome
 * comes with a message.
 */
@Entity({ name: 'steps' })
export class Step {
  @PrimaryColumn({ name: 'run_id', type: 'char', length: 36 })
  runId!: string

  @PrimaryColumn({ name: 'step_index', type: 'int' })
  index!: number

  @Column({ type: 'varchar', length: 20 })
  kind!: 'model-turn' | 'function-call'

  @Column({ type: 'varchar', length: 200 })
  name!: string

  @Column({ name: 'function_name', type: 'varchar', length: 100, nullable: true })
  functionName!: string | null

  /** Of a registered function. */
  @Column({ name: 'function_version', type: 'varchar', length: 40, nullable: true })
  functionVersion!: string | null

  @Column({ name: 'arguments_digest', type: 'char', length: 64, nullable: true })
  argumentsDigest!: string | null

  @Column({ type: 'varchar', length: 10 })
  state!: 'asking' | 'intent' | 'waiting' | 'done'

  @Column({ type: 'boolean' })
  repeatable!: boolean

  /**
   * Of what is `done`: of a function call its FunctionOutcome, of a model's turn what the model said, or a summary. Of a call
   * that is not done, only why a person is asked: see `FunctionOutcome.changed`. Else null.
   */
  @Column({ type: 'json', nullable: true })
  outcome!: FunctionOutcome | RecordedTurn | null

  /** How often it was begun: more than once when an executor stopped in the middle of it. */
  @Column({ type: 'int' })
  begun!: number

  @Column({ name: 'started_at', type: 'datetime', precision: 3 })
  startedAt!: Date

  @Column({ name: 'finished_at', type: 'datetime', precision: 3, nullable: true })
  finishedAt!: Date | null
}
