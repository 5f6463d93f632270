/** `gh_settle`: ends entries that were handled, or that nobody can handle. */
export const settle = `
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
redis.register_function{ function_name = 'gh_settle', callback = settle, flags = { 'allow-oom' } }
`
