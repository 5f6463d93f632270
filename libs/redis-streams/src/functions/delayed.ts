/** `gh_due`: lets messages go whose time has come. */
export const delayed = `
-- KEYS set of delayed messages, hash that holds them, dead letters, work stream...
-- ARGV limit of a work stream, most messages, time for dead letters (RFC 3339)
-- What cannot go waits a second; what leads to none of the streams becomes a dead letter.
-- Answers how many went, how many wait on, how many became dead letters.
local function due(keys, args)
  local call = redis.call
  local set, messages, limit = keys[1], keys[2], tonumber(args[1])
  local now = milliseconds()
  local names = call('ZRANGE', set, '-inf', now, 'BYSCORE', 'LIMIT', 0, args[2])
  if #names == 0 then return { 0, 0, 0 } end
  local lengths = {}
  for i = 4, #keys do
    local length = redis.pcall('XLEN', keys[i])
    lengths[keys[i]] = type(length) == 'number' and length or limit
  end
  call('XLEN', keys[3])
  local moved, waiting, dead = 0, 0, 0
  for _, name in ipairs(names) do
    local packed = call('HGET', messages, name)
    local message = packed and cmsgpack.unpack(packed) or {}
    local is_known, has_room = #message > 3, true
    for i = 4, #message do
      local length = lengths[message[i]]
      if not length then is_known = false elseif length >= limit then has_room = false end
    end
    if is_known and not has_room then
      call('ZADD', set, now + 1000, name)
      waiting = waiting + 1
    else
      if is_known then
        for i = 4, #message do
          call('XADD', message[i], '*', 'event', message[1], 'data', message[2], 'stamp', message[3])
          lengths[message[i]] = lengths[message[i]] + 1
        end
        moved = moved + 1
      else
        local space = string.find(name, ' ', 1, true) or 1
        local why = { code = 'undeliverable', message = 'A delayed message leads to no stream', attempts = 1,
          service = 'router', at = args[3], stream = string.sub(name, 1, space - 1), entryId = string.sub(name, space + 1) }
        call('XADD', keys[3], '*', 'event', message[1] or '', 'data', message[2] or '', 'stamp', message[3] or '',
          'error', cjson.encode(why))
        dead = dead + 1
      end
      call('ZREM', set, name)
      call('HDEL', messages, name)
    end
  end
  return { moved, waiting, dead }
end
redis.register_function('gh_due', due)
`
