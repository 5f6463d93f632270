import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { renderAccounts } from './mariadb.accounts.js'
import { writePrivateFile } from './private.file.js'
import { StackError } from './stack.error.js'

export interface MariadbContent {
  readonly adminPassword: string
  /** From where the administrator may come. */
  readonly adminHosts: readonly string[]
  /** Runs mariadb-install-db for a folder of that name in `dir`. */
  install(dataName: string): Promise<{ readonly failed: boolean; readonly all?: string }>
}

/** Writes the accounts, and makes the data when there is none. @throws StackError when it cannot be made */
export async function provideMariadbFolder(dir: string, content: MariadbContent): Promise<void> {
  // Temporary files of its own: a starting MariaDB deletes the temporary tables of every other one that shares the folder.
  mkdirSync(join(dir, 'tmp'), { recursive: true, mode: 0o700 })
  writePrivateFile(join(dir, 'accounts.sql'), renderAccounts(content.adminPassword, content.adminHosts))
  if (existsSync(join(dir, 'data'))) return
  // Made aside and renamed: a start that is interrupted here leaves no half folder that the next one would open.
  const draft = join(dir, 'data.new')
  rmSync(draft, { recursive: true, force: true })
  const result = await content.install('data.new')
  if (result.failed) {
    rmSync(draft, { recursive: true, force: true })
    throw new StackError(
      'mariadb',
      'MariaDB could not make its data folder.',
      // After that line comes a page about where to ask.
      `mariadb-install-db said:\n${(result.all ?? '').split('\nInstallation of system tables failed')[0]}`,
    )
  }
  renameSync(draft, join(dir, 'data'))
}
