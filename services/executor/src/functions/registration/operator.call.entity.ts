import type { FunctionCalled } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** A call that an operator asked for: noted before it is made, so that it is not made twice. */
@Entity({ name: 'operator_calls' })
export class OperatorCall {
  /** The id of the message that asked for it. */
  @PrimaryColumn({ name: 'call_id', type: 'char', length: 36 })
  callId!: string

  @Column({ name: 'started_at', type: 'datetime', precision: 3 })
  startedAt!: Date

  /** Null until it is over. */
  @Column({ type: 'json', nullable: true })
  answer!: FunctionCalled | null
}
