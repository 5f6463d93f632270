import { closeSync, constants, openSync } from 'node:fs'
import { CallGroups } from '../cgroup/call-groups.js'
import { buildSeccompFilter } from '../seccomp/filter.js'
import { inheritableDescriptors } from '../stdio/foreign-descriptors.js'
import { HeldFile } from '../stdio/held-file.js'
import { PipeSupply } from '../stdio/pipe-supply.js'
import { hostProgramArguments } from './host-layout.js'

/**
 * What every call of this process uses again. Held for the life of the process: up to 100 nameless
 * descriptors.
 */
export interface PreparedHost {
  programs: readonly string[]
  pipes: PipeSupply
  seccomp: HeldFile
  passwd: HeldFile
  hosts: HeldFile
  /** Absent where this process may make no control groups. */
  groups: CallGroups | undefined
  /** Inherited descriptors that a child would get too; each is covered with `devNull` in the child. */
  foreignDescriptors: readonly number[]
  devNull: number
}

const PASSWD =
  'sandbox:x:1000:1000:sandbox:/workspace:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n'
const HOSTS = '127.0.0.1 localhost sandbox\n::1 localhost\n'

let prepared: Promise<PreparedHost> | undefined

async function prepare(): Promise<PreparedHost> {
  const filter = buildSeccompFilter(process.arch)
  const held = await Promise.all([HeldFile.create(filter), HeldFile.create(PASSWD), HeldFile.create(HOSTS)])
  const devNull = openSync('/dev/null', constants.O_RDWR)
  try {
    return {
      programs: hostProgramArguments(),
      pipes: new PipeSupply(),
      seccomp: held[0],
      passwd: held[1],
      hosts: held[2],
      groups: await CallGroups.open(),
      foreignDescriptors: inheritableDescriptors(),
      devNull,
    }
  } catch (error) {
    for (const file of held) file.close()
    closeSync(devNull)
    throw error
  }
}

/** Prepared once per process; a failure is not remembered. */
export function preparedHost(): Promise<PreparedHost> {
  prepared ??= prepare().catch((error: unknown) => {
    prepared = undefined
    throw error
  })
  return prepared
}
