/** `gh_admit`: judges what clients say by what they said before, for all routers together. */
export const admission = `
-- What a bucket holds now. It fills up by rate a second, to burst at most, and is full at first. The table known has those that
-- this call has looked at: what most messages of a batch take from.
local function tokens_of(known, key, name, rate, burst, now)
  if known[name] then return math.min(burst, known[name]) end
  local kept = redis.call('HGET', key, name)
  if not kept then return burst end
  local tokens, at = string.match(kept, '^(%S+) (%S+)$')
  return math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
end

-- KEYS ids of this stretch of time, of the one before, of the one after, buckets, sets of waiting tasks...
-- The clocks of routers differ a little: what one takes for the next stretch, another has begun already.
-- ARGV ms of a stretch: for so long an id is known at least, ms for which a task waits at most, count of tasks that are over, per one of
--      them: id, index of its client's set, index of its tenant's set; then per entry: message id, entry id, cost, 1 if busy,
--      name of the client's bucket, rate a second, burst, name of the tenant's bucket, rate, burst,
--      id of the task or an empty string, index of the client's set, its limit, index of the tenant's set, its limit
-- The same entry judged again costs nothing and is judged as it was. Answers per entry: what, ms to wait.
local function admit(keys, args)
  local call = redis.call
  local seen, before, after, buckets = keys[1], keys[2], keys[3], keys[4]
  local now = milliseconds()
  local oldest = now - args[2]
  for i = 1, 4 do call('HLEN', keys[i]) end
  for i = 5, #keys do call('ZREMRANGEBYSCORE', keys[i], '-inf', oldest) end
  local at = 4
  for _ = 1, tonumber(args[3]) do
    call('ZREM', keys[tonumber(args[at + 1])], args[at])
    call('ZREM', keys[tonumber(args[at + 2])], args[at])
    at = at + 3
  end

  local verdicts, tokens_left = {}, {}
  local function judge(message, entry, cost, busy)
    local known = call('HGET', seen, message) or call('HGET', before, message) or call('HGET', after, message)
    if known then return known == entry and 'ok' or 'replayed', 0 end
    if busy == '1' then return 'busy', 0 end
    local wait = 0
    local left = {}
    for i = at + 4, at + 7, 3 do
      local rate, burst = tonumber(args[i + 1]), tonumber(args[i + 2])
      local tokens = tokens_of(tokens_left, buckets, args[i], rate, burst, now) - math.min(cost, burst)
      left[args[i]] = tokens
      if tokens < 0 then wait = math.max(wait, math.ceil(-tokens / rate * 1000)) end
    end
    if wait > 0 then return 'rate-limited', wait end
    local task = args[at + 10]
    if task ~= '' then
      for i = at + 11, at + 13, 2 do
        local set = keys[tonumber(args[i])]
        if call('ZCARD', set) >= tonumber(args[i + 1]) and not call('ZSCORE', set, task) then
          return 'too-much-waiting', 0
        end
      end
      for i = at + 11, at + 13, 2 do call('ZADD', keys[tonumber(args[i])], now, task) end
    end
    for name, tokens in pairs(left) do tokens_left[name] = tokens end
    call('HSET', seen, message, entry)
    return 'ok', 0
  end

  while at <= #args do
    local what, wait = judge(args[at], args[at + 1], tonumber(args[at + 2]), args[at + 3])
    verdicts[#verdicts + 1] = what
    verdicts[#verdicts + 1] = wait
    at = at + 15
  end
  for name, tokens in pairs(tokens_left) do call('HSET', buckets, name, string.format('%.3f %d', tokens, now)) end
  if #verdicts > 0 then
    call('PEXPIRE', seen, args[1] * 3)
    call('PEXPIRE', buckets, 86400000)
  end
  for i = 5, #keys do call('PEXPIRE', keys[i], args[2]) end
  return verdicts
end
redis.register_function('gh_admit', admit)
`
