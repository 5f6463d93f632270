import { join } from 'node:path'
import { Module, type OnApplicationShutdown, Inject } from '@nestjs/common'
import { Database } from '@guildhall/mysql'
import { Egress } from '@guildhall/egress'
import { HotStore } from '@guildhall/redis-streams'
import { createSandbox, type Sandbox } from '@guildhall/sandbox'
import type { HotStrings } from '@guildhall/state'
import { Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { ArtifactStore } from './artifacts/artifact.store.js'
import { ExecutorConfig, readExecutorConfig } from './executor.config.js'
import { EgressRecord } from './egress.record.js'
import { ExecutorLifecycle, SANDBOX } from './executor.lifecycle.js'
import { FunctionController } from './functions/function.controller.js'
import { builtInFunctions } from './functions/built-in.functions.js'
import { FunctionCaller } from './functions/function.caller.js'
import { FunctionRegistry } from './functions/function.registry.js'
import { FunctionCatalog } from './functions/registration/function.catalog.js'
import { FunctionFolders } from './functions/registration/function.folders.js'
import { FunctionRegistration } from './functions/registration/function.registration.js'
import { OperatorCalls } from './functions/registration/operator.calls.js'
import { SecretCalls } from './functions/secrets/secret.calls.js'
import { SecretFolder } from './functions/secrets/secret.folder.js'
import { OperatorPlace } from './functions/registration/operator.place.js'
import { LlmRuntime } from './runtimes/llm.runtime.js'
import { ScriptRuntime } from './runtimes/script.runtime.js'
import { AnswerController } from './runs/answer.controller.js'
import { DelegationController } from './runs/delegation.controller.js'
import { RunConclusion } from './runs/run.conclusion.js'
import { RunController } from './runs/run.controller.js'
import { RunExecutor } from './runs/run.executor.js'
import { RunLoop } from './runs/run.loop.js'
import { RunRepository } from './runs/run.repository.js'
import { StateController } from './state/state.controller.js'
import { RunFolders } from './workspaces/run.folders.js'
import { RunSandboxes } from './workspaces/run.sandboxes.js'

@Module({
  controllers: [RunController, AnswerController, DelegationController, FunctionController, StateController],
  providers: [
    ExecutorLifecycle,
    { provide: ExecutorConfig, useFactory: () => readExecutorConfig() },
    {
      provide: SANDBOX,
      inject: [ExecutorConfig],
      useFactory: ({ isolation }: ExecutorConfig) => createSandbox(isolation),
    },
    {
      provide: HotStore,
      inject: [StreamsSettings],
      useFactory: ({ connection, shards }: StreamsSettings) =>
        new HotStore({ connection, shards, service: 'executor' }),
    },
    {
      provide: RunRepository,
      inject: [Database, ServiceIdentity],
      useFactory: (database: Database, { instance }: ServiceIdentity) =>
        new RunRepository(database, instance),
    },
    {
      provide: RunConclusion,
      inject: [RunRepository],
      useFactory: (runs: RunRepository) => new RunConclusion(runs),
    },
    {
      provide: RunFolders,
      inject: [ExecutorConfig],
      useFactory: (config: ExecutorConfig) =>
        new RunFolders(config.dir, config.mountRoots, config.privateDirs),
    },
    { provide: FunctionRegistry, useValue: builtInFunctions },
    {
      provide: FunctionFolders,
      inject: [ExecutorConfig],
      useFactory: ({ dir }: ExecutorConfig) => new FunctionFolders(dir),
    },
    {
      provide: FunctionCatalog,
      inject: [FunctionRegistry, Database, RunRepository, FunctionFolders],
      useFactory: (
        functions: FunctionRegistry,
        database: Database,
        runs: RunRepository,
        folders: FunctionFolders,
      ) => new FunctionCatalog(functions, database, runs, folders),
    },
    {
      provide: EgressRecord,
      inject: [Database, Metrics, ServiceLogger],
      useFactory: (database: Database, metrics: Metrics, logger: ServiceLogger) =>
        new EgressRecord(database, metrics, logger),
    },
    {
      provide: RunSandboxes,
      inject: [SANDBOX, ExecutorConfig],
      useFactory: (sandbox: Sandbox, { concurrency }: ExecutorConfig) =>
        new RunSandboxes(sandbox, concurrency),
    },
    {
      provide: FunctionCaller,
      inject: [ExecutorConfig, RunFolders, Metrics],
      useFactory: createFunctionCaller,
    },
    {
      provide: Egress,
      inject: [ExecutorConfig, EgressRecord],
      useFactory: createEgress,
    },
    {
      provide: OperatorPlace,
      inject: [FunctionCaller, RunSandboxes, RunFolders, Egress, ExecutorConfig],
      useFactory: (
        caller: FunctionCaller,
        sandboxes: RunSandboxes,
        folders: RunFolders,
        egress: Egress,
        { concurrency }: ExecutorConfig,
      ) => new OperatorPlace(caller, sandboxes, folders, egress, concurrency),
    },
    {
      provide: FunctionRegistration,
      inject: [Database, FunctionCatalog, FunctionFolders, OperatorPlace, ExecutorConfig],
      useFactory: (
        database: Database,
        catalog: FunctionCatalog,
        folders: FunctionFolders,
        place: OperatorPlace,
        { functionTiers }: ExecutorConfig,
      ) => new FunctionRegistration(database, catalog, folders, place, functionTiers),
    },
    {
      provide: OperatorCalls,
      inject: [Database, FunctionCatalog, OperatorPlace, ExecutorConfig],
      useFactory: (
        database: Database,
        catalog: FunctionCatalog,
        place: OperatorPlace,
        { functionTiers }: ExecutorConfig,
      ) => new OperatorCalls(database, catalog, place, functionTiers),
    },
    {
      provide: RunExecutor,
      inject: [
        Database,
        RunRepository,
        RunConclusion,
        RunFolders,
        ExecutorConfig,
        FunctionCaller,
        RunSandboxes,
        Egress,
        FunctionCatalog,
        EgressRecord,
        ServiceLogger,
        HotStore,
      ],
      useFactory: createRunExecutor,
    },
    {
      provide: RunLoop,
      inject: [RunRepository, RunExecutor, ExecutorConfig, ServiceLogger, Metrics],
      useFactory: createRunLoop,
    },
  ],
})
export class ExecutorModule implements OnApplicationShutdown {
  constructor(@Inject(HotStore) private readonly hot: HotStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.hot.close()
  }
}

export function createRunExecutor(
  database: Database,
  runs: RunRepository,
  conclusion: RunConclusion,
  folders: RunFolders,
  config: ExecutorConfig,
  caller: FunctionCaller,
  sandboxes: RunSandboxes,
  egress: Egress,
  functions: FunctionCatalog,
  egressRecord: EgressRecord,
  logger: ServiceLogger,
  hot: HotStrings,
): RunExecutor {
  const runtimes = {
    script: new ScriptRuntime(caller),
    llm: new LlmRuntime(caller, config.models, logger),
  }
  const artifacts = new ArtifactStore(join(config.dir, 'artifacts'))
  return new RunExecutor(
    database,
    runs,
    conclusion,
    folders,
    artifacts,
    egress,
    sandboxes,
    egressRecord,
    hot,
    config.models.runBudget,
    functions,
    runtimes,
    logger,
  )
}

export function createFunctionCaller(
  { functionTiers, functionSecretsDir }: ExecutorConfig,
  folders: RunFolders,
  metrics: Metrics,
): FunctionCaller {
  const secretCalls = new SecretCalls(new SecretFolder(functionSecretsDir), folders)
  return new FunctionCaller(functionTiers, secretCalls, metrics)
}

export function createEgress({ egressAddresses }: ExecutorConfig, record: EgressRecord): Egress {
  return new Egress({ allowedAddresses: egressAddresses, onEvent: (event) => record.note(event) })
}

export function createRunLoop(
  runs: RunRepository,
  executor: RunExecutor,
  { concurrency, drainMs }: ExecutorConfig,
  logger: ServiceLogger,
  metrics: Metrics,
): RunLoop {
  return new RunLoop(
    runs,
    (run, control) => executor.execute(run, control),
    { concurrency, drainMs },
    logger,
    metrics,
  )
}
