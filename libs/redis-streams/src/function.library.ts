/**
 * The functions that run inside Redis (FUNCTION LOAD, Redis 7), so that what belongs together happens together. A
 * script does not roll back: each function checks everything first, adds before it acknowledges, and acknowledges last.
 * The commands inside are checked against the caller's ACL. Ids always come in ascending order.
 *
 * All but gh_relay may run at maxmemory, since they free memory; gh_relay is then refused as a whole.
 */
export const functionLibrary = `#!lua name=guildhall

-- The ids between first and last that this consumer still owns: whatever it lost, another one handles now.
local function owned_between(stream, group, consumer, first, last)
  local owned = {}
  for _, row in ipairs(redis.call('XPENDING', stream, group, first, last, 10000, consumer)) do
    owned[row[1]] = true
  end
  return owned
end

local function acknowledge(stream, group, ids)
  if #ids == 0 then return end
  redis.call('XACK', stream, group, unpack(ids))
  redis.call('XDEL', stream, unpack(ids))
end

-- KEYS from, audit, destination...   (work streams first, then reply streams)
-- ARGV group, consumer, audit limit, index in KEYS of the first reply stream, first id, last id, then per message:
--      id, event, data, stamp, count of destinations, their indexes in KEYS..., index of the refusal's reply stream or 0
--      [, event of the refusal, data of the refusal]
-- Answers the ids that were not the caller's any more.
local function relay(keys, args)
  local from, audit, group, consumer = keys[1], keys[2], args[1], args[2]
  local first_reply = tonumber(args[4])
  for i = 2, #keys do
    local kind = redis.call('TYPE', keys[i]).ok
    if kind ~= 'stream' and kind ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. keys[i] .. ' holds a ' .. kind .. ' where a stream belongs')
    end
  end
  local waiting = redis.call('XLEN', audit)
  if waiting >= tonumber(args[3]) then
    return redis.error_reply('AUDITFULL the audit stream holds ' .. waiting .. ' entries, its limit is ' .. args[3])
  end

  local owned = owned_between(from, group, consumer, args[5], args[6])
  local done, lost = {}, {}
  local function put(index, ...)
    if index >= first_reply then
      redis.call('XADD', keys[index], 'MAXLEN', '~', 10000, '*', ...)
    else
      redis.call('XADD', keys[index], '*', ...)
    end
  end
  local at = 7
  while at <= #args do
    local id, event, data, stamp, count = args[at], args[at + 1], args[at + 2], args[at + 3], tonumber(args[at + 4])
    local refusal_at = at + 5 + count
    local refusal_to = tonumber(args[refusal_at])
    if owned[id] then
      for i = at + 5, refusal_at - 1 do
        put(tonumber(args[i]), 'event', event, 'data', data, 'stamp', stamp)
      end
      if refusal_to > 0 then
        put(refusal_to, 'event', args[refusal_at + 1], 'data', args[refusal_at + 2])
      end
      redis.call('XADD', audit, '*', 'event', event, 'data', data, 'stamp', stamp)
      done[#done + 1] = id
    else
      lost[#lost + 1] = id
    end
    at = refusal_at + 1
    if refusal_to > 0 then at = at + 2 end
  end
  if #done > 0 then
    for i = first_reply, #keys do redis.call('EXPIRE', keys[i], 604800) end
  end
  acknowledge(from, group, done)
  return lost
end

-- KEYS stream, dead letters
-- ARGV group, consumer, first id, last id, count of handled ids, handled ids...,
--      then per dead letter: id, count of strings, field, value...
-- Answers the ids that were not the caller's any more.
local function settle(keys, args)
  local stream, group = keys[1], args[1]
  local owned = owned_between(stream, group, args[2], args[3], args[4])
  local done, lost = {}, {}
  local dead_at = 6 + tonumber(args[5])
  local function is_owned(id)
    if owned[id] then done[#done + 1] = id else lost[#lost + 1] = id end
    return owned[id]
  end
  local at = dead_at
  while at <= #args do
    local count = tonumber(args[at + 1])
    if is_owned(args[at]) then
      redis.call('XADD', keys[2], '*', unpack(args, at + 2, at + 1 + count))
    end
    at = at + 2 + count
  end
  for i = 6, dead_at - 1 do is_owned(args[i]) end
  acknowledge(stream, group, done)
  return lost
end

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

-- KEYS stream   ARGV group, consumer, id, delivery count, id, delivery count...
-- Makes entries look long abandoned, so that the next reclaim pass of any consumer takes them.
local function release(keys, args)
  if #args < 4 then return 0 end
  local stream, group, consumer = keys[1], args[1], args[2]
  local owned = owned_between(stream, group, consumer, args[3], args[#args - 1])
  local released = 0
  for i = 3, #args, 2 do
    if owned[args[i]] then
      redis.call('XCLAIM', stream, group, consumer, 0, args[i], 'IDLE', 3600000, 'RETRYCOUNT', args[i + 1], 'JUSTID')
      released = released + 1
    end
  end
  return released
end

-- KEYS stream   ARGV group, consumer
-- Takes a consumer out of its group. DELCONSUMER would drop its pending entries, so only when there are none.
local function retire(keys, args)
  if #redis.call('XPENDING', keys[1], args[1], '-', '+', 1, args[2]) > 0 then return 0 end
  redis.call('XGROUP', 'DELCONSUMER', keys[1], args[1], args[2])
  return 1
end

redis.register_function('gh_relay', relay)
redis.register_function{ function_name = 'gh_settle', callback = settle, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'gh_renew', callback = renew, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'gh_release', callback = release, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'gh_retire', callback = retire, flags = { 'allow-oom' } }
`
