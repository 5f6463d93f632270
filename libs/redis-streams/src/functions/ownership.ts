/** What the functions share: whose an entry is, whether the audit is full, what time it is, how an entry is acknowledged. */
export const ownership = `
-- The ids between first and last that this consumer still owns: whatever it lost, another one handles now.
local function owned_between(stream, group, consumer, first, last)
  local owned = {}
  local rows
  repeat
    rows = redis.call('XPENDING', stream, group, first, last, 5000, consumer)
    for i = 1, #rows do owned[rows[i][1]] = true end
    if #rows == 5000 then first = '(' .. rows[5000][1] end
  until #rows < 5000
  return owned
end

-- The error of a caller who would write more into the audit than lies there for its reader already; nil when there is
-- room. Redis says the size by some of the oldest entries, and does not count all that wait.
local function audit_full(audit, limit)
  local bytes = redis.call('MEMORY', 'USAGE', audit) or 0
  if bytes < tonumber(limit) then return nil end
  return redis.error_reply('AUDITFULL the audit stream holds some ' .. bytes .. ' bytes, its limit is ' .. limit)
end

local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lua's stack takes fewer than 8000 values at once.
local function acknowledge(stream, group, ids)
  for first = 1, #ids, 5000 do
    local last = math.min(first + 4999, #ids)
    redis.call('XACK', stream, group, unpack(ids, first, last))
    redis.call('XDEL', stream, unpack(ids, first, last))
  end
end
`
