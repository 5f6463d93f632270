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
import { Environment, Metrics } from '@guildhall/service-defaults'
import { TestDatabase } from '@guildhall/testing'
import { AgentController } from './agents/agent.controller.js'
import { AgentKeepingController } from './agents/agent-keeping.controller.js'
import { AgentExpiry } from './agents/agent.expiry.js'
import { AgentRepository } from './agents/agent.repository.js'
import { AgentVersionController } from './agents/agent-version.controller.js'
import { HiringController } from './proposals/hiring.controller.js'
import { MatchController } from './matching/match.controller.js'
import { ChoiceController } from './matching/choice.controller.js'
import { CatalogReader } from './matching/catalog.reader.js'
import { LearntExamples } from './matching/learnt.examples.js'
import { MatcherCache } from './matching/matcher.cache.js'
import { ProposalDesk } from './proposals/proposal.desk.js'
import { RegistryUpkeep } from './proposals/registry.upkeep.js'
import { SkillDrafting } from './proposals/skill.drafting.js'
import { readSkillRegistryConfig, type SkillRegistryConfig } from './skill-registry.config.js'
import { entities } from './skill-registry.module.js'
import { SkillRegistry } from './skill.registry.js'
import { SkillController } from './skills/skill.controller.js'
import { SkillVersionController } from './skills/skill-version.controller.js'
import { SkillRepository } from './skills/skill.repository.js'

const service = 'skill-registry'
const defaults = readSkillRegistryConfig(new Environment({ GUILDHALL_EMBEDDER: 'off' }))

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
  controllers(settings: Partial<SkillRegistryConfig> = {}) {
    const { database } = this
    const log = () => {}
    const logger = { debug: log, info: log, warn: log, error: log }
    const metrics = new Metrics(service)
    const config = { ...defaults, ...settings }
    const skills = new SkillRepository()
    const agents = new AgentRepository(config)
    const learnt = new LearntExamples()
    const cache = new MatcherCache(new CatalogReader(skills, agents, learnt), config)
    const registry = new SkillRegistry(cache, skills, agents)
    const desk = new ProposalDesk(registry, skills, new SkillDrafting(config), config, logger)
    return {
      skills: new SkillController(database, skills, logger),
      versions: new SkillVersionController(database, skills, logger),
      agents: new AgentController(database, agents, skills),
      agentVersions: new AgentVersionController(database, agents),
      keeping: new AgentKeepingController(database, agents, logger),
      expiry: new AgentExpiry(database, agents, logger),
      matching: new MatchController(database, registry, desk, logger, metrics),
      choices: new ChoiceController(database, registry, agents, skills, learnt, desk),
      hiring: new HiringController(database, registry, agents, skills, learnt, logger, metrics),
      upkeep: new RegistryUpkeep(database, config, logger),
      learnt,
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
