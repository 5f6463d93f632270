/** `gh_renew`, `gh_release`, `gh_retire`: what a consumer holds, hands back and leaves. */
export const holding = `
-- KEYS stream   ARGV group, consumer, id...
-- Keeps what the caller holds from looking abandoned; answers the ids that were not the caller's any more.
local function renew(keys, args)
  if #args < 3 then return {} end
  local stream, group, consumer = keys[1], args[1], args[2]
  local owned = owned_between(stream, group, consumer, args[3], args[#args])
  local kept, lost = {}, {}
  for i = 3, #args do
    local list = owned[args[i]] and kept or lost
    list[#list + 1] = args[i]
  end
  if #kept > 0 then
    kept[#kept + 1] = 'JUSTID'
    redis.call('XCLAIM', stream, group, consumer, 0, unpack(kept))
  end
  return lost
end
redis.register_function{ function_name = 'gh_renew', callback = renew, flags = { 'allow-oom' } }

-- KEYS stream   ARGV group, consumer, idle ms, id, delivery count, id, delivery count...
-- Makes entries look abandoned for so long: some reclaim pass of any consumer takes them.
local function release(keys, args)
  if #args < 5 then return 0 end
  local stream, group, consumer, idle = keys[1], args[1], args[2], args[3]
  local owned = owned_between(stream, group, consumer, args[4], args[#args - 1])
  local released = 0
  for i = 4, #args, 2 do
    if owned[args[i]] then
      redis.call('XCLAIM', stream, group, consumer, 0, args[i], 'IDLE', idle, 'RETRYCOUNT', args[i + 1], 'JUSTID')
      released = released + 1
    end
  end
  return released
end
redis.register_function{ function_name = 'gh_release', callback = release, flags = { 'allow-oom' } }

-- KEYS stream   ARGV group, consumer
-- Takes a consumer out of its group. DELCONSUMER would drop its pending entries, so only when there are none.
local function retire(keys, args)
  if #redis.call('XPENDING', keys[1], args[1], '-', '+', 1, args[2]) > 0 then return 0 end
  redis.call('XGROUP', 'DELCONSUMER', keys[1], args[1], args[2])
  return 1
end
redis.register_function{ function_name = 'gh_retire', callback = retire, flags = { 'allow-oom' } }
`
