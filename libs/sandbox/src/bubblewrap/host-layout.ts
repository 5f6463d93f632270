import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { isWithin } from '../mounts.policy.js'

const TOP_LEVEL = ['bin', 'sbin', 'lib', 'lib32', 'lib64']
const LOADER_AND_CERTIFICATES = [
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/etc/ssl/certs',
  '/etc/pki',
  '/etc/localtime',
]

/** Arguments that show the host's programs read-only, and the few files of /etc that they need. */
export function hostProgramArguments(): string[] {
  const args = ['--ro-bind', '/usr', '/usr']
  for (const name of TOP_LEVEL) {
    const path = `/${name}`
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) args.push('--symlink', readlinkSync(path), path)
    else if (found?.isDirectory()) args.push('--ro-bind', path, path)
  }
  args.push('--dir', '/etc')
  for (const path of LOADER_AND_CERTIFICATES.filter((one) => existsSync(one))) {
    const real = realpathSync(path)
    // A link into what is shown anyway costs no mount.
    if (real !== path && isWithin(real, '/usr')) args.push('--symlink', real, path)
    else args.push('--ro-bind', path, path)
  }
  return args
}
