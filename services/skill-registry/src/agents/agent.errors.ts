import { RequestError } from '@guildhall/contracts'
import type { Agent } from './agent.entity.js'

export function agentNotFound(agent: string): RequestError {
  return new RequestError(
    'agent-not-found',
    `there is no agent ${agent}: \`guildhall agents list\` shows those there are`,
  )
}

export function versionNotFound(agent: string, version: number): RequestError {
  return new RequestError(
    'agent-version-not-found',
    `${agent} has no version ${version}: \`guildhall agents versions ${agent}\` shows those there are`,
  )
}

export function agentEnded({ name, state }: Agent): RequestError {
  return new RequestError('agent-ended', `${name} is ${state} already`)
}
