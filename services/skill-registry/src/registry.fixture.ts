import {
  allRights,
  type Envelope,
  messageOf,
  newId,
  type PayloadClass,
  type ReceivedMessage,
  type Rights,
  roles,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Metrics } from '@guildhall/service-defaults'
import { TestDatabase } from '@guildhall/testing'
import { AgentController } from './agents/agent.controller.js'
import { AgentKeepingController } from './agents/agent-keeping.controller.js'
import { AgentExpiry } from './agents/agent.expiry.js'
import { AgentRepository } from './agents/agent.repository.js'
import { AgentVersionController } from './agents/agent-version.controller.js'
import { HiringController } from './agents/hiring.controller.js'
import { MatchController } from './matching/match.controller.js'
import { MatcherCache } from './matching/matcher.cache.js'
import { entities } from './skill-registry.module.js'
import { SkillRegistry } from './skill.registry.js'
import { SkillController } from './skills/skill.controller.js'
import { SkillVersionController } from './skills/skill-version.controller.js'
import { SkillRepository } from './skills/skill.repository.js'

const service = 'skill-registry'

/** The service's controllers on a MariaDB of the test's own; what it says is kept instead of put on a stream. */
export class RegistryFixture {
  readonly said: Envelope[] = []

  private constructor(
    readonly database: Database,
    private readonly release: () => Promise<void>,
  ) {}

  static async start(): Promise<RegistryFixture> {
    const server = await TestDatabase.start(service)
    const said: Envelope[] = []
    const { host, port, password } = server
    const publisher = { publish: async (envelopes: readonly Envelope[]) => void said.push(...envelopes) }
    const opened = await Database.open({ service, host, port, password, entities, publisher })
    const fixture = new RegistryFixture(opened, async () => {
      await opened.close()
      await server.stop()
    })
    Object.assign(fixture, { said })
    return fixture
  }

  /** A process of the service: with a matcher cache of its own. */
  controllers(ephemeralTtlMs = 3_600_000) {
    const { database } = this
    const log = () => {}
    const logger = { debug: log, info: log, warn: log, error: log }
    const metrics = new Metrics(service)
    const skills = new SkillRepository()
    const config = { matchThreshold: 0.5, ephemeralTtlMs }
    const agents = new AgentRepository(config)
    const registry = new SkillRegistry(new MatcherCache(skills, agents, config), skills, agents)
    return {
      skills: new SkillController(database, skills, logger),
      versions: new SkillVersionController(database, skills, logger),
      agents: new AgentController(database, agents, skills),
      agentVersions: new AgentVersionController(database, agents),
      keeping: new AgentKeepingController(database, agents, logger),
      expiry: new AgentExpiry(database, agents, logger),
      matching: new MatchController(database, registry, skills, logger, metrics),
      hiring: new HiringController(database, registry, agents, skills, logger, metrics),
    }
  }

  /** What was said as this message since the last look; taken away. */
  take<P extends object>(payload: PayloadClass<P>): P[] {
    const { type } = messageOf(payload)
    const mine = this.said.filter(({ header }) => header.type === type)
    this.said.splice(0, this.said.length, ...this.said.filter(({ header }) => header.type !== type))
    return mine.map(({ data }) => JSON.parse(data) as P)
  }

  stop(): Promise<void> {
    return this.release()
  }
}

/** A message as the transport hands it to a handler. */
export function received(tenant: string, rights: Rights = allRights): ReceivedMessage {
  const at = new Date().toISOString()
  return {
    header: {
      specversion: '1.0',
      id: newId(),
      type: 'test',
      source: '/clients/anna',
      time: at,
      datacontenttype: 'application/json',
      tenant,
      replyto: 'anna',
    },
    stamp: {
      verdict: 'allowed',
      at,
      router: 'router-1',
      policy: '1',
      heardOn: 'gateway',
      deliveredTo: ['to:skill-registry'],
      client: { id: 'anna', tenant, roles: [...roles], rights },
    },
    entryId: '1-1',
    attempt: 1,
    signal: new AbortController().signal,
  }
}
