/** `gh_heal`: gives the gateway a fresh stream when its ids have run away, and notices what was cut off it. */
export const healing = `
local function pairs_of(flat)
  local found = {}
  for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
  return found
end

local function letter_of(stream, id, at)
  return cjson.encode{ code = 'not-healed', message = 'The entry has too many fields to be put on a fresh stream',
    attempts = 1, service = 'router', at = at, stream = stream, entryId = id }
end

-- Moves some of what was left in the old stream to the fresh one. Answers how many.
local function move_left(stream, old, letters, most, at)
  local call = redis.call
  local entries = call('XRANGE', old, '-', '+', 'COUNT', most)
  local ids = {}
  for i, entry in ipairs(entries) do
    if #entry[2] <= 7000 then
      call('XADD', stream, '*', unpack(entry[2]))
    else
      bury(old, letters, entry[1], letter_of(stream, entry[1], at))
    end
    ids[i] = entry[1]
  end
  if #ids > 0 then call('XDEL', old, unpack(ids)) end
  if #ids < tonumber(most) then call('UNLINK', old) end
  return #ids
end

-- The group counts what it read. What the stream counts beyond that and no longer has was cut off before it was read.
-- The group's count is put right, so that each loss is told once.
local function count_cut_off(stream, group, about)
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local found = pairs_of(flat)
    if found['name'] == group and found['lag'] and found['entries-read'] then
      local cut_off = found['lag'] - (about['length'] - found['pending'])
      if cut_off ~= 0 then
        redis.call('XGROUP', 'SETID', stream, group, found['last-delivered-id'],
          'ENTRIESREAD', found['entries-read'] + cut_off)
      end
      return math.max(0, cut_off)
    end
  end
  return 0
end

-- KEYS stream, what is left of the old one, dead letters
-- ARGV group, ms that an id may be ahead, most entries at once, time for dead letters (RFC 3339)
-- Ids are as large as the writer wants, and must grow: near the largest one the stream takes nothing any more.
-- Answers 1 when the stream was replaced, how many entries were moved, how many were cut off before they were read.
local function heal(keys, args)
  local call = redis.call
  local stream, old, letters, group = keys[1], keys[2], keys[3], args[1]
  if call('EXISTS', old) == 1 then return { 0, move_left(stream, old, letters, args[3], args[4]), 0 } end
  if call('EXISTS', stream) == 0 then return { 0, 0, 0 } end
  local about = pairs_of(call('XINFO', 'STREAM', stream))
  local last = tonumber(string.match(about['last-generated-id'], '^%d+'))
  if last <= milliseconds() + args[2] then return { 0, 0, count_cut_off(stream, group, about) } end
  call('XLEN', letters)
  call('RENAME', stream, old)
  call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
  return { 1, move_left(stream, old, letters, args[3], args[4]), 0 }
end
redis.register_function('gh_heal', heal)
`
