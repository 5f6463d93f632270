/** Every service that has a mouth (`from:<service>`) and an ear (`to:<service>`) on the bus. */
export const serviceNames = ['router', 'skill-registry', 'task-scheduler', 'executor', 'audit'] as const
export type ServiceName = (typeof serviceNames)[number]

/**
 * What a client may do: hand in tasks, answer approvals, change skills and agents and read the audit, or rule over the
 * whole installation: clients of every tenant, the policy and the dead letters.
 */
export const roles = ['submitter', 'approver', 'operator', 'administrator'] as const
export type Role = (typeof roles)[number]
