import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  AgentCreate,
  AgentCreated,
  type ServiceName,
  SkillRegister,
  SkillRegistered,
  type TaskSubmit,
  type TaskView,
} from '@guildhall/contracts'
import { GuildhallClient, isTaskEnd, readClientFile, type TaskEvent } from '@guildhall/client'
import { type Stack, startStack } from '@guildhall/local-stack'
import { Redis } from 'ioredis'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** Every service as its own process over a private Redis and MariaDB in a folder of its own. */
export class RunningStack {
  private constructor(
    readonly stack: Stack,
    readonly client: GuildhallClient,
    readonly stateDir: string,
    /** A folder that tasks may mount read-write. */
    readonly outside: string,
    private readonly folder: string,
  ) {}

  static async start(
    o: {
      env?: Partial<Record<ServiceName, Record<string, string>>>
      otlpEndpoint?: string
      shards?: string[]
      /** Starts Redis servers for a state directory and says where they are. Default: one of the stack's own. */
      startRedis?: (stateDir: string) => Promise<string>
    } = {},
  ): Promise<RunningStack> {
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-e2e-'))
    const stateDir = join(folder, 'state')
    const outside = join(folder, 'outside')
    mkdirSync(outside, { mode: 0o777 })
    const stack = await startStack({
      root,
      stateDir,
      mounts: [`${outside}:rw`, join(root, 'skills')],
      env: o.env ?? {},
      ...(o.otlpEndpoint !== undefined && { otlpEndpoint: o.otlpEndpoint }),
      ...(o.shards && { shards: o.shards }),
      ...(o.startRedis && { redisUrl: await o.startRedis(stateDir) }),
      onProgress: () => undefined,
    })
    return new RunningStack(stack, await connect(stateDir), stateDir, outside, folder)
  }

  async stop(): Promise<void> {
    await this.client.close()
    await this.stack.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Where the stack's own client is answered. */
  get replyStream(): string {
    const file = readFileSync(join(this.stateDir, 'client.json'), 'utf8')
    return (JSON.parse(file) as { replyStream: string }).replyStream
  }

  secret(name: string): string {
    return readFileSync(join(this.stateDir, 'secrets', name), 'utf8').trim()
  }

  /** A Redis connection as one of the users. */
  redis(username: string): Redis {
    const { host, port } = this.stack.info.redis
    return new Redis({
      host,
      port,
      username,
      password: this.secret(`${username}.redis`),
      enableReadyCheck: false,
    })
  }

  /** Registers a skill of bash steps, and an agent that holds it when a name is given. */
  async teach(o: {
    skill: string
    description: string
    examples: string[]
    steps: object[]
    agent?: string
    result?: object
  }): Promise<void> {
    const functions = [...new Set(o.steps.map((step) => (step as { call: string }).call))]
    await this.client.request(
      SkillRegister,
      {
        markdown: `---\nname: ${o.skill}\ndescription: ${o.description}\nallowed-tools: ${functions.join(' ')}\n---\n\n${o.description}\n`,
        sidecar: JSON.stringify({
          examples: o.examples,
          steps: o.steps,
          ...(o.result && { result: o.result }),
        }),
      },
      SkillRegistered,
    )
    if (o.agent) {
      await this.client.request(
        AgentCreate,
        { name: o.agent, description: `An agent that can: ${o.description}`, skills: [o.skill] },
        AgentCreated,
      )
    }
  }

  /** Submits and follows to the end; `each` hears the news as it comes. */
  async run(
    task: TaskSubmit,
    each: (event: TaskEvent) => void | Promise<void> = () => undefined,
  ): Promise<{ task: TaskView; events: TaskEvent[]; traceId: string | undefined }> {
    const fromId = await this.client.position()
    const { taskId, traceId } = await this.client.submit(task, { timeoutMs: 30_000 })
    return { ...(await this.follow(taskId, fromId, each)), traceId }
  }

  async follow(
    taskId: string,
    fromId: string,
    each: (event: TaskEvent) => void | Promise<void> = () => undefined,
  ): Promise<{ task: TaskView; events: TaskEvent[] }> {
    const events: TaskEvent[] = []
    for await (const event of this.client.follow(taskId, { fromId, signal: AbortSignal.timeout(90_000) })) {
      events.push(event)
      await each(event)
      if (isTaskEnd(event)) return { task: event.value.task, events }
    }
    throw new Error(`the news of task ${taskId} ended without its end`)
  }
}

async function connect(stateDir: string): Promise<GuildhallClient> {
  const { id, ...credentials } = await readClientFile(join(stateDir, 'client.json'))
  return new GuildhallClient({ ...credentials, client: id })
}

/** Waits until a claim holds. */
export async function until(
  claim: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await claim())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
