import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

import { StackError } from './stack.error.js'

// mariadbd lies in /usr/sbin on Debian, which a plain user's PATH lacks.
const administrationDirs = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** A PATH with the directories of system programs at its end. */
export function withSystemDirs(path: string): string {
  return [...new Set([...path.split(delimiter).filter((dir) => dir !== ''), ...administrationDirs])].join(
    delimiter,
  )
}

/** The full path of a program; undefined when no directory of the path has it. */
export function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((dir) => join(dir, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** @throws StackError that says which Debian package has it */
export function requireProgram(step: string, name: string, debianPackage: string, path: string): string {
  const program = findProgram(name, path)
  if (program !== undefined) return program
  throw new StackError(
    step,
    `${name} was not found on this machine.`,
    `Install it (Debian, Ubuntu: sudo apt-get install -y --no-install-recommends ${debianPackage}), or start Docker and set GUILDHALL_SERVERS=docker.`,
  )
}
