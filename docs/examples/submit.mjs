// Hands in a task and follows it to its end, with ioredis and nothing of Guildhall's own:
//
//     node docs/examples/submit.mjs 'Find duplicate files in this folder'
//
// The news go to stderr, the payload of the last message to stdout. Ends with 0 when the task was completed, else with 1.
// Settings: see docs/streams.md.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

const ends = ['task.completed', 'task.failed', 'task.canceled', 'task.rejected']

try {
  process.exitCode = await main(process.argv[2] ?? fail('What is to be done?'), readSettings(process.env))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function main(goal, settings) {
  // The check asks for INFO, which no client may use.
  const redis = new Redis({ ...settings.redis, enableReadyCheck: false })
  try {
    return await submit(goal, settings, redis)
  } finally {
    redis.disconnect()
  }
}

/** Answers the exit code. */
async function submit(goal, settings, redis) {
  const gatewayKey = `gh:{${settings.shard}}:gateway`
  const replyKey = `gh:{${settings.shard}}:reply:${settings.reply}`
  const giveUpAt = Date.now() + Number(process.env['GUILDHALL_WAIT_SECONDS'] ?? 300) * 1_000
  // From here on everything is news.
  const [last] = await redis.xrevrange(replyKey, '+', '-', 'COUNT', 1)
  let position = last?.[0] ?? '0-0'
  const id = randomUUID()
  const fields = { type: 'task.submit', id, authorization: `Bearer ${settings.token}` }
  await redis.xadd(gatewayKey, '*', ...Object.entries(fields).flat(), 'data', JSON.stringify({ goal }))

  let taskId
  while (Date.now() < giveUpAt) {
    const read = await redis.xread('COUNT', 100, 'BLOCK', 2_000, 'STREAMS', replyKey, position)
    for (const [entryId, flat] of read?.[0]?.[1] ?? []) {
      position = entryId
      const { header, payload } = messageOf(flat)
      if (header.correlationid === id && header.type === 'request.refused') return end(payload, 1)
      if (header.correlationid === id && header.type === 'task.accepted') {
        taskId = payload.taskId
        process.stderr.write(`${header.type}: ${taskId}\n`)
      } else if (taskId !== undefined && header.subject === taskId) {
        process.stderr.write(`${header.type}\n`)
        if (ends.includes(header.type)) return end(payload, header.type === 'task.completed' ? 0 : 1)
      }
    }
  }
  fail('There was no end of the task in time; it may still go on.')
}

/** @param {string[]} flat names and values of an entry's fields, by turns */
function messageOf(flat) {
  const fields = Object.fromEntries(
    Array.from({ length: flat.length / 2 }, (_, index) => flat.slice(2 * index, 2 * index + 2)),
  )
  return { header: JSON.parse(fields.event), payload: JSON.parse(fields.data) }
}

function end(payload, exitCode) {
  process.stdout.write(`${JSON.stringify(payload)}\n`)
  return exitCode
}

/** What the environment says, else the client file. */
function readSettings(env) {
  const path = env['GUILDHALL_CLIENT_FILE'] ?? '.guildhall/client.json'
  const file = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const needed = (name, value) => env[name] ?? value ?? fail(`There is no ${name}, and no ${path}`)
  const { hostname, port } = new URL(needed('GUILDHALL_REDIS_URL', file.redisUrl))
  return {
    redis: {
      host: hostname,
      port: Number(port || 6379),
      username: needed('GUILDHALL_REDIS_USERNAME', file.redisUsername ?? 'client'),
      password: needed('GUILDHALL_REDIS_PASSWORD', file.redisPassword),
    },
    token: needed('GUILDHALL_TOKEN', file.token),
    shard: needed('GUILDHALL_SHARD', onlyShard(file.shards)),
    reply: needed('GUILDHALL_REPLY_STREAM', file.replyStream ?? file.id),
  }
}

/** @param {string[]} [shards] */
function onlyShard(shards = []) {
  if (shards.length > 1) fail('The streams are in several shards, and this example reads one.')
  return shards[0]
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  throw new Error(message)
}
