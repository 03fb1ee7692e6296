-- Asked once per request: takes the request's events from its producer's rate, then reads first receipts.
-- KEYS: the producer's rate, then a receipt for each event. ARGV: events per second and burst; none: no limit.
-- Answers: µs until there is room (0: admitted), events left, µs until all of them are, the receipts.
local wait, left, reset = 0, 0, 0

if ARGV[1] then
  -- GCRA as a leaky bucket that holds what the producer owes. In millionths of an event all numbers are
  -- whole: a rate of r events a second pays back r millionths each µs.
  local rate, burst, cost = tonumber(ARGV[1]), ARGV[2] * 1000000, (#KEYS - 1) * 1000000
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local owed, since = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
  if owed then
    -- A clock that went back, as a failover may bring, pays nothing and blocks nobody.
    owed = math.max(0, owed - rate * math.max(0, now - since))
  else
    owed = 0
  end
  wait = math.ceil(math.max(0, owed + cost - burst) / rate)
  if wait == 0 then
    owed = owed + cost
  end
  left = math.floor(math.max(0, burst - owed) / 1000000)
  reset = math.ceil(owed / rate)
  if wait > 0 then
    return {wait, left, reset, {}}
  end
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', owed, now), 'PX', math.ceil(reset / 1000))
end

-- Lua's stack holds some thousand values at a time.
local receipts = {}
for first = 2, #KEYS, 1000 do
  for _, receipt in ipairs(redis.call('MGET', unpack(KEYS, first, math.min(first + 999, #KEYS)))) do
    receipts[#receipts + 1] = receipt
  end
end
return {wait, left, reset, receipts}
