import type { QueryDeepPartialEntity } from 'typeorm'

/**
 * The columns of an entity as `insert` and `update` take them. TypeORM's own type for them looks into JSON columns and
 * refuses interfaces and index signatures there; this one checks against the entity instead.
 */
export function row<E extends object>(values: Partial<E>): QueryDeepPartialEntity<E> {
  return values as QueryDeepPartialEntity<E>
}
