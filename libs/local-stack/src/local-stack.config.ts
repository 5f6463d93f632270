import { resolve } from 'node:path'
import { withSystemDirs } from './search.path.js'

/** What the local stack takes from the environment that it was started in; nothing else of it reaches a service. */
export interface AmbientConfig {
  /** With the system's administration directories at its end. */
  readonly path: string
  readonly home: string
  readonly temporaryDir: string
  /** Where Redis and MariaDB come from. */
  readonly servers: 'native' | 'docker'
  readonly otlpEndpoint: string | undefined
  /** Settings of model endpoints, for the executor; with the certificates that a company's proxy may need. */
  readonly model: Readonly<Record<string, string>>
  /** How the executor isolates calls, where somebody chose. */
  readonly isolation: Readonly<Record<string, string>>
  /** What the skill registry is told of models; the endpoint only where a model is named for it. */
  readonly registryModel: Readonly<Record<string, string>>
  /** Which Docker engine to speak to, for the docker program alone. */
  readonly docker: Readonly<Record<string, string>>
}

const modelSettings = [
  'OPENAI_API_KEY',
  'OPENAI_API_KEY_FILE',
  'OPENAI_BASE_URL',
  'GUILDHALL_MODEL',
  'GUILDHALL_MODELS',
  'GUILDHALL_MODEL_PRICES',
  'GUILDHALL_RUN_BUDGET',
  'GUILDHALL_LONG_CONVERSATIONS',
  'NODE_EXTRA_CA_CERTS',
]
/** Keys of the endpoints that GUILDHALL_MODELS lists. */
const modelKeys = /^GUILDHALL_MODEL_KEY(_[A-Z0-9]+)*(_FILE)?$/
/** Settings that name a file. */
const namesFile = /_FILE$|^GUILDHALL_MODEL_PRICES$/
const isolationSettings = ['GUILDHALL_ISOLATION', 'GUILDHALL_CONTAINER_SOCKET', 'GUILDHALL_CONTAINER_IMAGE']
/** Models that the skill registry asks. */
const registryModels = ['GUILDHALL_EMBEDDING_MODEL', 'GUILDHALL_RERANK_MODEL', 'GUILDHALL_DRAFT_MODEL']
const endpointSettings = ['OPENAI_API_KEY', 'OPENAI_API_KEY_FILE', 'OPENAI_BASE_URL', 'NODE_EXTRA_CA_CERTS']
/** Any of them gives the executor a model. */
const executorEndpoints = ['OPENAI_API_KEY', 'OPENAI_API_KEY_FILE', 'OPENAI_BASE_URL', 'GUILDHALL_MODELS']
const dockerSettings = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
]

export function ambientConfig(env: NodeJS.ProcessEnv = process.env): AmbientConfig {
  return {
    path: withSystemDirs(env['PATH'] ?? ''),
    home: env['HOME'] || '/',
    temporaryDir: env['TMPDIR'] || '/tmp',
    servers: env['GUILDHALL_SERVERS'] === 'docker' ? 'docker' : 'native',
    otlpEndpoint: env['OTEL_EXPORTER_OTLP_ENDPOINT'] || undefined,
    model: settingsIn(env, [...modelSettings, ...Object.keys(env).filter((name) => modelKeys.test(name))]),
    isolation: settingsIn(env, isolationSettings),
    registryModel: registryModel(env),
    docker: settingsIn(env, dockerSettings),
  }
}

function registryModel(env: NodeJS.ProcessEnv): Record<string, string> {
  const named = settingsIn(env, registryModels)
  const isNamed = Object.keys(named).length > 0
  const hasModelAgents = executorEndpoints.some((name) => env[name])
  return {
    ...(hasModelAgents && { GUILDHALL_MODEL_AGENTS: 'on' }),
    ...(isNamed && { ...named, ...settingsIn(env, endpointSettings) }),
  }
}

function settingsIn(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name]
      if (!value) return []
      // A service may be started in another folder.
      return [[name, namesFile.test(name) ? resolve(value) : value]]
    }),
  )
}

export function ambientPath(): string {
  return ambientConfig().path
}
