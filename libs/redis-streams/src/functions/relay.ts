import { replyRetention } from '../reply.retention.js'

/** `gh_relay`: moves entries to their destinations and into the audit. */
export const relay = `
-- Which of the keys from the third on cannot be written, and how long the work streams are.
local function look_at_streams(keys, kinds, limit)
  local blocked, lengths = {}, {}
  for i = 3, #keys do
    local kind = string.sub(kinds, i - 2, i - 2)
    lengths[i - 2] = -1
    if kind ~= 'o' then
      local length = redis.pcall('XLEN', keys[i])
      if type(length) == 'table' then
        blocked[i] = 'broken'
      elseif kind == 'w' then
        lengths[i - 2] = length
        if length >= limit then blocked[i] = 'full' end
      end
    end
  end
  return blocked, lengths
end

-- The payload lies apart: it must be whole, and the one that its owner spoke of.
local function has_payload(key, size, sha256)
  local about = redis.pcall('HMGET', key, 'size', 'sha256')
  return about[1] == size and about[2] == sha256
end

-- The last hearer gets the payload itself, those before it get copies.
local function move_payload(keys, args, at, count)
  local source = keys[tonumber(args[at])]
  for i = at + 3, at + count - 2 do redis.call('COPY', source, keys[tonumber(args[i])]) end
  redis.call('RENAME', source, keys[tonumber(args[at + count - 1])])
end

-- KEYS from, audit, then whatever messages need, in any order
-- ARGV group, consumer, audit limit, limit of a work stream, kinds of KEYS from the third on (one letter each: w a work
--      stream, k a stream that keeps its last messages for a while, o another key), first id, last id,
--      count of stamps, stamps...,
--      then per message: id, event, data, place of its stamp among them, count of destinations, their indexes in
--      KEYS..., count of extras, extras: what it is, count of its strings, strings...
--        also: index, event, data         said to another stream beside it
--        due: ms, index of the set of delayed messages, index of the hash that holds them
--        payload: index of where it lies, size, SHA-256, index of where it goes, by destination...
-- What is moved by one call is one entry of the audit: event and data of each message, and after the last of those that
-- have a stamp in common, in a row, that stamp.
-- Answers how long each of KEYS from the third on is now (-1: no work stream), and, of each message that was not moved,
-- id and reason: lost (not the caller's any more), full (a destination), broken (a destination), no-payload.
local function relay(keys, args)
  local call = redis.call
  local from, audit, group, limit = keys[1], keys[2], args[1], tonumber(args[4])
  -- Fails here, before anything is done, when the key holds something else.
  call('XLEN', audit)
  local full = audit_full(audit, args[3])
  if full then return full end
  local kinds = args[5]
  local blocked, lengths = look_at_streams(keys, kinds, limit)
  local owned = owned_between(from, group, args[2], args[6], args[7])
  local now, delayed
  local done, left = {}, {}
  local record, recorded, last_stamp = {}, 0, nil
  local at, total = 9 + args[8], #args

  local function add(index, ...)
    local position = index - 2
    if lengths[position] < 0 then
      call('XADD', keys[index], 'MAXLEN', '~', ${replyRetention.entries}, '*', ...)
    else
      call('XADD', keys[index], '*', ...)
      lengths[position] = lengths[position] + 1
      if lengths[position] >= limit then blocked[index] = 'full' end
    end
  end

  while at <= total do
    local id, event, data, stamp = args[at], args[at + 1], args[at + 2], args[8 + args[at + 3]]
    local extras_at = at + 5 + args[at + 4]
    local extras = tonumber(args[extras_at])
    local reason = not owned[id] and 'lost' or nil
    for i = at + 5, extras_at - 1 do reason = reason or blocked[tonumber(args[i])] end

    local also_at, due_at, payload_at
    local next_at = extras_at + 1
    for _ = 1, extras do
      local kind = args[next_at]
      if kind == 'also' then
        also_at = next_at + 2
        reason = reason or blocked[tonumber(args[also_at])]
      elseif kind == 'due' then
        due_at = next_at + 2
        now = now or milliseconds()
        delayed = delayed or call('ZCARD', keys[tonumber(args[due_at + 1])])
        if tonumber(args[due_at]) <= now then
          due_at = nil
        elseif delayed >= limit then
          reason = reason or 'full'
        end
      elseif kind == 'payload' then
        payload_at = next_at + 2
        if not has_payload(keys[tonumber(args[payload_at])], args[payload_at + 1], args[payload_at + 2]) then
          reason = reason or 'no-payload'
        end
      end
      next_at = next_at + 2 + args[next_at + 1]
    end

    if reason then
      left[#left + 1] = id
      left[#left + 1] = reason
    else
      if payload_at then move_payload(keys, args, payload_at, tonumber(args[payload_at - 1])) end
      if due_at then
        local message = { event, data, stamp }
        for i = at + 5, extras_at - 1 do message[#message + 1] = keys[tonumber(args[i])] end
        local name = from .. ' ' .. id
        call('HSET', keys[tonumber(args[due_at + 2])], name, cmsgpack.pack(message))
        call('ZADD', keys[tonumber(args[due_at + 1])], args[due_at], name)
        delayed = delayed + 1
      else
        for i = at + 5, extras_at - 1 do
          add(tonumber(args[i]), 'event', event, 'data', data, 'stamp', stamp)
        end
      end
      if also_at then
        add(tonumber(args[also_at]), 'event', args[also_at + 1], 'data', args[also_at + 2])
      end
      if last_stamp and last_stamp ~= stamp then
        record[recorded + 1], record[recorded + 2] = 'stamp', last_stamp
        recorded = recorded + 2
      end
      last_stamp = stamp
      record[recorded + 1], record[recorded + 2], record[recorded + 3], record[recorded + 4] = 'event', event, 'data', data
      recorded = recorded + 4
      done[#done + 1] = id
    end
    at = next_at
  end
  if #done > 0 then
    record[recorded + 1], record[recorded + 2] = 'stamp', last_stamp
    call('XADD', audit, '*', unpack(record))
    for i = 3, #keys do
      if string.sub(kinds, i - 2, i - 2) == 'k' then call('EXPIRE', keys[i], ${replyRetention.silentSeconds}) end
    end
  end
  acknowledge(from, group, done)
  return { lengths, left }
end
redis.register_function('gh_relay', relay)
`
