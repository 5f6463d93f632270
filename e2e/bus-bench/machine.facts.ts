import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import type { BenchPlace } from './bench.place.js'

const packages = ['ioredis', 'bullmq', '@nestjs/microservices', 'mysql2']

/** What a reader of the figures has to know about where they were taken. */
export async function machineFacts(place: BenchPlace): Promise<Record<string, unknown>> {
  const info = await place.admin.info('server')
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    redis: /^redis_version:(\S+)/m.exec(info)?.[1],
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  }
}

function versionOf(name: string): string | undefined {
  const lookUp = createRequire(import.meta.url).resolve.paths(name) ?? []
  for (const folder of lookUp) {
    try {
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string })
        .version
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}
