/** `gh_put`: puts down a part of a payload that is too large to travel in its message. */
export const payload = `
-- KEYS payload   ARGV seconds for which it is kept, field, value...
local function put(keys, args)
  redis.call('HSET', keys[1], unpack(args, 2))
  redis.call('EXPIRE', keys[1], args[1])
  return 1
end
redis.register_function('gh_put', put)
`
