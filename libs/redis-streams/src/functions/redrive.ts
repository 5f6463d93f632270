/** `gh_redrive`: puts a message that died back at the ear of its service, with a record in the audit. */
export const redrive = `
-- KEYS ear, audit   ARGV audit limit, event, data, stamp, stamp of the audit record
local function redrive(keys, args)
  local ear, audit = keys[1], keys[2]
  -- Fails here, before anything is done, when a key holds something else.
  redis.call('XLEN', ear)
  redis.call('XLEN', audit)
  local full = audit_full(audit, args[1])
  if full then return full end
  redis.call('XADD', audit, '*', 'event', args[2], 'data', args[3], 'stamp', args[5])
  return redis.call('XADD', ear, '*', 'event', args[2], 'data', args[3], 'stamp', args[4])
end
redis.register_function('gh_redrive', redrive)
`
