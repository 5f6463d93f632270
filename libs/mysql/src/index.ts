export {
  Column,
  CreateDateColumn,
  Entity,
  EntityManager,
  Equal,
  In,
  Index,
  IsNull,
  LessThan,
  LessThanOrEqual,
  Like,
  type MigrationInterface,
  MoreThan,
  MoreThanOrEqual,
  Not,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type QueryRunner,
  Raw,
  Unique,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm'
export { affectedRows } from './affected.rows.js'
export { Database } from './database.js'
export type {
  DatabaseLogger,
  DatabaseOptions,
  EnvelopePublisher,
  SweeperSettings,
} from './database.options.js'
export { messagingTables } from './messaging.tables.js'
export { type PasswordReplacement, replacePassword } from './password.replacing.js'
export {
  provisionDatabases,
  ProvisioningError,
  type ProvisioningOptions,
  type ServiceAccount,
} from './provisioning.js'
export { row } from './row.js'
export { type ColumnValue, insertRows, type RowInsertion } from './row.insertion.js'
export { schemaName, userName } from './schema.names.js'
export {
  applyMigrations,
  type MigrationClass,
  type MigrationTarget,
  pendingMigrations,
} from './schema.migrator.js'
export type { ServerAddress } from './server.address.js'
export { DatabaseUnavailableError } from './server.errors.js'
export { Transaction } from './transaction.js'
export { StateRows, type StateRow, type StateWrite } from './state.rows.js'
export { stateTables } from './state.tables.js'
