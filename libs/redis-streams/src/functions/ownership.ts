/** What the functions share: whose an entry is, and how it is acknowledged. */
export const ownership = `
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
`
