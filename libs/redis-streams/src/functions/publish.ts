/** `gh_publish`: puts messages on a mouth, as long as there is room. */
export const publish = `
-- KEYS mouth   ARGV limit, then per message: event, data
-- All of them or none. Answers how many the mouth holds now.
local function publish(keys, args)
  local mouth, call = keys[1], redis.call
  local waiting = call('XLEN', mouth)
  if waiting >= tonumber(args[1]) then
    return redis.error_reply('MOUTHFULL ' .. mouth .. ' holds ' .. waiting .. ' messages, its limit is ' .. args[1])
  end
  for at = 2, #args, 2 do
    call('XADD', mouth, '*', 'event', args[at], 'data', args[at + 1])
  end
  return waiting + (#args - 1) / 2
end
redis.register_function('gh_publish', publish)
`
