import { posix } from 'node:path'

/** A control group of this process: `version` 2 is the unified hierarchy. */
export interface CgroupPlace {
  version: 1 | 2
  folder: string
}

/**
 * Where this process is in the hierarchies that may have the controller, the unified one first.
 *
 * @param mountInfo /proc/self/mountinfo
 * @param ownGroups /proc/self/cgroup
 */
export function cgroupPlaces(
  mountInfo: string,
  ownGroups: string,
  controller: 'memory' | 'cpuacct' = 'memory',
): CgroupPlace[] {
  const places = mountInfo.split('\n').flatMap((line): CgroupPlace[] => {
    const [left = '', right = ''] = line.split(' - ')
    const [, , , root = '/', mountPoint] = left.split(' ')
    const [type, , options = ''] = right.split(' ')
    const version =
      type === 'cgroup2' ? 2 : type === 'cgroup' && options.split(',').includes(controller) ? 1 : 0
    const path = version === 0 ? undefined : ownPath(ownGroups, version, controller)
    if (version === 0 || mountPoint === undefined || path === undefined) return []
    // In a container the mount may begin below the root of the hierarchy.
    const isBelow = root === '/' || path === root || path.startsWith(`${root}/`)
    return isBelow
      ? [{ version, folder: posix.join(mountPoint, root === '/' ? path : path.slice(root.length)) }]
      : []
  })
  return places.sort((left, right) => right.version - left.version)
}

function ownPath(ownGroups: string, version: 1 | 2, controller: string): string | undefined {
  for (const line of ownGroups.split('\n')) {
    const [, hierarchy, controllers = '', path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    if (version === 2 ? hierarchy === '0' : controllers.split(',').includes(controller)) return path
  }
  return undefined
}
