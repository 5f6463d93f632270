import { replyRetention } from '../reply.retention.js'

/** `gh_relay`: moves entries to their destinations and into the audit. */
export const relay = `
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
      redis.call('XADD', keys[index], 'MAXLEN', '~', ${replyRetention.entries}, '*', ...)
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
    for i = first_reply, #keys do redis.call('EXPIRE', keys[i], ${replyRetention.silentSeconds}) end
  end
  acknowledge(from, group, done)
  return lost
end
redis.register_function('gh_relay', relay)
`
