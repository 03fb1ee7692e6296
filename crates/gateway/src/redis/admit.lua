-- Asked for one or more requests of one producer: takes each request's events from the producer's rate, in order, and
-- reads first receipts. KEYS: the rate, then a receipt for each event of each request.
-- ARGV: events per second and burst, both 0 for no limit; then how many events each request has.
-- Answers three numbers for each request, µs until there is room (0: admitted), events left, µs until all of them are;
-- then the receipts of those that were admitted.
local rate, burst = tonumber(ARGV[1]), ARGV[2] * 1000000
local limited = rate > 0
local owed, now, taken = 0, 0, false

-- GCRA as a leaky bucket that holds what the producer owes. In millionths of an event all numbers are
-- whole: a rate of r events a second pays back r millionths each µs.
if limited then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
  local account, since = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
  if account then
    -- A clock that went back, as a failover may bring, pays nothing and blocks nobody.
    owed = math.max(0, account - rate * math.max(0, now - since))
  end
end

local function take(events)
  if not limited then
    return 0, 0, 0
  end
  local cost = events * 1000000
  local wait = math.ceil(math.max(0, owed + cost - burst) / rate)
  if wait == 0 then
    owed = owed + cost
    taken = true
  end
  return wait, math.floor(math.max(0, burst - owed) / 1000000), math.ceil(owed / rate)
end

local accounts, admitted, first = {}, {}, 2
for request = 3, #ARGV do
  local events = tonumber(ARGV[request])
  local wait, left, reset = take(events)
  accounts[#accounts + 1] = wait
  accounts[#accounts + 1] = left
  accounts[#accounts + 1] = reset
  if wait == 0 then
    for receipt = first, first + events - 1 do
      admitted[#admitted + 1] = KEYS[receipt]
    end
  end
  first = first + events
end

if taken then
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', owed, now), 'PX', math.ceil(owed / rate / 1000))
end

-- Lua's stack holds some thousand values at a time.
if #admitted <= 1000 then
  return {accounts, #admitted > 0 and redis.call('MGET', unpack(admitted)) or {}}
end
local receipts = {}
for from = 1, #admitted, 1000 do
  for _, receipt in ipairs(redis.call('MGET', unpack(admitted, from, math.min(from + 999, #admitted)))) do
    receipts[#receipts + 1] = receipt
  end
end
return {accounts, receipts}
