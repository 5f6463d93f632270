// Loaded into each process of the rig before its own code (node --import), with --expose-gc.
import type { RoleReport, RoleRequest } from './role.orders.js'

process.on('message', (request: RoleRequest) => {
  if (!('ask' in request)) return
  globalThis.gc?.()
  const report: RoleReport = { report: 'memory', heapUsedBytes: process.memoryUsage().heapUsed }
  process.send?.(report)
})

// A process whose rig is gone has nobody to stop it.
process.once('disconnect', () => process.exit(1))
