-- All limits of a call at once: either every one has room for what is needed, and it is taken of all, or of none.
-- Integers only. A limit is a hash (sum, holders and their leases) and a list of "slot:amount", the oldest first; a slot is a thousandth of
-- the window. What a node holds in advance counts as used until it says otherwise or its lease ends.
--
-- KEYS[2i-1], KEYS[2i]  the hash and the list of limit i
-- ARGV[1] node  ARGV[2] lease in ms, then for each limit:
--   max, window in ms (0: what runs at once), used of what was held, given back, correction, needed, wished
-- A single key and no limit: finds out whether Redis can count.
-- Returns: nodes, 0 or the refusing limit, wait in ms, then for each limit what is granted beyond the need, and what is left

local node, lease = ARGV[1], tonumber(ARGV[2])
local me = string.match(node, '^%w+')
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local limits, nodes = {}, 1

-- A Redis that is read-only, or has no memory left, refuses this as it would refuse to count.
if #KEYS == 1 then
  redis.call('SET', KEYS[1], node)
  redis.call('DEL', KEYS[1])
  return { nodes, 0, 0 }
end

for i = 1, #KEYS / 2 do
  local at = 2 + (i - 1) * 7
  local l = {
    hash = KEYS[2 * i - 1], list = KEYS[2 * i],
    max = tonumber(ARGV[at + 1]), window = tonumber(ARGV[at + 2]),
    used = tonumber(ARGV[at + 3]), back = tonumber(ARGV[at + 4]), correction = tonumber(ARGV[at + 5]),
    need = tonumber(ARGV[at + 6]), wish = tonumber(ARGV[at + 7]),
    sum = 0, mine = 0, others = 0, clock = now,
  }
  limits[i] = l

  -- A clock that was set back stands still until it has caught up.
  local others, seen = 0, {}
  local fields = redis.call('HGETALL', l.hash)
  local stale = {}
  for f = 1, #fields, 2 do
    local name, value = fields[f], fields[f + 1]
    if name == 'sum' then l.sum = tonumber(value)
    elseif name == 'now' then l.clock = math.max(l.clock, tonumber(value)) end
  end
  for f = 1, #fields, 2 do
    local name = fields[f]
    if string.sub(name, 1, 2) == 'h:' then
      local amount, ends = string.match(fields[f + 1], '^(%-?%d+):(%d+)$')
      amount, ends = tonumber(amount), tonumber(ends)
      -- A node that is gone may have used what it held: that counts for one window more.
      if ends + l.window <= l.clock then stale[#stale + 1] = name
      elseif name == 'h:' .. node then l.mine = amount
      else
        l.others = l.others + amount
        -- A node that has begun anew has the name of before and another number.
        local other = string.match(name, '^h:(%w+)')
        if ends > l.clock and other ~= me and not seen[other] then
          seen[other], others = true, others + 1
        end
      end
    end
  end
  if #stale > 0 then redis.call('HDEL', l.hash, unpack(stale)) end
  nodes = math.max(nodes, others + 1)

  -- What is older than the window leaves; then what the node reports is counted.
  l.grain = math.max(1, math.floor(l.window / 1000))
  l.slot = math.floor(l.clock / l.grain)
  local oldest = math.floor((l.clock - l.window) / l.grain)
  local function first()
    local entry = redis.call('LINDEX', l.list, 0)
    if not entry then return nil end
    local slot, amount = string.match(entry, '^(%d+):(%d+)$')
    return tonumber(slot), tonumber(amount)
  end
  function l.add(amount)
    if amount <= 0 then return end
    local last = redis.call('LINDEX', l.list, -1)
    local slot, before = nil, nil
    if last then slot, before = string.match(last, '^(%d+):(%d+)$') end
    if slot and tonumber(slot) >= l.slot then
      redis.call('LSET', l.list, -1, slot .. ':' .. string.format('%d', tonumber(before) + amount))
    else
      redis.call('RPUSH', l.list, string.format('%d:%d', l.slot, amount))
    end
    l.sum = l.sum + amount
  end
  if l.window > 0 then
    local slot, amount = first()
    while slot and slot < oldest do
      redis.call('LPOP', l.list)
      l.sum = l.sum - amount
      slot, amount = first()
    end
    -- What came to less than was taken is taken off the oldest, so that the sum is never too small later.
    local less = -l.correction
    while less > 0 and slot do
      if amount <= less then
        redis.call('LPOP', l.list)
        l.sum, less = l.sum - amount, less - amount
      else
        redis.call('LSET', l.list, 0, string.format('%d:%d', slot, amount - less))
        l.sum, less = l.sum - less, 0
      end
      slot, amount = first()
    end
    l.add(l.used + math.max(0, l.correction))
  end
  -- Of what runs at once nothing is used up; what a node corrects is what it runs already.
  l.mine = math.max(0, l.mine - l.used - l.back + (l.window == 0 and l.correction or 0))
end

local refused, wait = 0, 0
for i, l in ipairs(limits) do
  if l.need > 0 and l.sum + l.mine + l.others + l.need > l.max then
    refused = i
    local excess = l.sum + l.mine + l.others + l.need - l.max
    wait = 1000
    if l.window > 0 then
      wait = math.min(wait, l.window)
      for _, entry in ipairs(redis.call('LRANGE', l.list, 0, -1)) do
        local slot, amount = string.match(entry, '^(%d+):(%d+)$')
        excess = excess - tonumber(amount)
        if excess <= 0 then
          wait = math.max(1, (tonumber(slot) + 1) * l.grain + l.window - l.clock)
          break
        end
      end
    end
    break
  end
end

local answer = { nodes, refused, wait }
for i, l in ipairs(limits) do
  if refused == 0 and l.need > 0 then
    if l.window > 0 then l.add(l.need) else l.mine = l.mine + l.need end
  end
  -- In advance a node gets an eighth of what is left, so that near the limit there is nothing in advance.
  local extra = math.max(0, math.min(l.wish, math.floor((l.max - l.sum - l.mine - l.others) / 8)))
  l.mine = l.mine + extra
  answer[#answer + 1] = extra
  answer[#answer + 1] = l.max - l.sum - l.mine - l.others
  redis.call('HSET', l.hash, 'sum', string.format('%d', l.sum), 'now', string.format('%d', l.clock),
    'h:' .. node, string.format('%d:%d', l.mine, l.clock + lease))
  local keep = l.window * 2 + lease * 2
  redis.call('PEXPIRE', l.hash, keep)
  redis.call('PEXPIRE', l.list, keep)
end
return answer
