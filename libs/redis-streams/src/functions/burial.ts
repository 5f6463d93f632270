/** How the functions make a dead letter of an entry: byte for byte, since nothing but Redis ever saw the bytes. */
export const burial = `
-- The strings of an entry without a credential, however often and in whichever case its field is there.
local function without_credential(flat)
  local kept, count = {}, 0
  for i = 1, #flat, 2 do
    if string.lower(flat[i]) ~= 'authorization' then
      kept[count + 1], kept[count + 2] = flat[i], flat[i + 1]
      count = count + 2
    end
  end
  return kept
end

-- More strings than Lua can pass on at once become one, each as <length>:<bytes>, (a netstring).
local function packed(flat)
  local parts = {}
  for i = 1, #flat do parts[i] = #flat[i] .. ':' .. flat[i] .. ',' end
  return { 'netstrings', table.concat(parts) }
end

-- The field error comes last: an entry may have brought one of that name.
local function bury(stream, letters, id, why)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  local kept = without_credential(entry and entry[2] or {})
  if #kept > 7000 then kept = packed(kept) end
  kept[#kept + 1] = 'error'
  kept[#kept + 1] = why
  redis.call('XADD', letters, '*', unpack(kept))
end
`
