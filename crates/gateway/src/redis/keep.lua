-- Keeps the first receipts of one producer's events. KEYS: their names. ARGV: for how many ms, then their values.
-- Answers how many of them were the first of their event; the others change nothing.
local written = 0
for receipt = 1, #KEYS do
  if redis.call('SET', KEYS[receipt], ARGV[receipt + 1], 'PX', ARGV[1], 'NX') then
    written = written + 1
  end
end
return written
