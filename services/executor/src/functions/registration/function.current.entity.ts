import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** The version of a registered name that runs get which begin now; without one there is nothing to call. */
@Entity({ name: 'function_currents' })
export class FunctionCurrent {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  tenant!: string

  @PrimaryColumn({ type: 'varchar', length: 100 })
  source!: string

  @Column({ type: 'varchar', length: 40 })
  version!: string
}
