/** `gh_settle`: ends entries that were handled, or that nobody can handle. */
export const settle = `
-- KEYS stream, dead letters, payload of a handled entry...
-- ARGV group, consumer, first id, last id, count of handled ids, handled ids..., per payload the id of its entry...,
--      then per dead letter: id, error
-- Answers the ids that were not the caller's any more.
local function settle(keys, args)
  local stream, letters, group = keys[1], keys[2], args[1]
  local owned = owned_between(stream, group, args[2], args[3], args[4])
  local payloads_at = 6 + tonumber(args[5])
  local dead_at = payloads_at + #keys - 2
  -- Fails here, before anything is done, when the key holds something else.
  if dead_at <= #args then redis.call('XLEN', letters) end
  local done, lost = {}, {}
  for at = dead_at, #args, 2 do
    if owned[args[at]] then
      bury(stream, letters, args[at], args[at + 1])
      done[#done + 1] = args[at]
    else
      lost[#lost + 1] = args[at]
    end
  end
  for at = 6, payloads_at - 1 do
    local list = owned[args[at]] and done or lost
    list[#list + 1] = args[at]
  end
  for at = payloads_at, dead_at - 1 do
    if owned[args[at]] then redis.call('UNLINK', keys[3 + at - payloads_at]) end
  end
  acknowledge(stream, group, done)
  return lost
end
redis.register_function{ function_name = 'gh_settle', callback = settle, flags = { 'allow-oom' } }
`
