export { type AddressAllowance, areAddressAllowances } from './address.policy.js'
export { Egress, type EgressOptions, type RunEgress } from './egress.js'
export type { EgressEvent, EgressRefusal } from './egress.events.js'
export { defaultEgressLimits, type EgressLimits } from './egress.limits.js'
