/** Every service that has a mouth (`from:<service>`) and an ear (`to:<service>`) on the bus. */
export const serviceNames = ['router', 'skill-registry', 'task-scheduler', 'executor', 'audit'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Who may put a message on a stream: a service, or a client on the gateway stream. */
export type Speaker = ServiceName | 'client'
/** Who a message is delivered to: a service's ear, or the reply stream of the client named in `replyto`. */
export type Listener = ServiceName | 'client'

/** What a client may do: hand in tasks, answer approvals, change skills and agents and read the audit. */
export const roles = ['submitter', 'approver', 'operator'] as const
export type Role = (typeof roles)[number]
