"""What Redis does in one step, in Lua; a script runs whole or not at all.

Members of a room's sorted set are ``<offset>:<changed>:<stored message>`` with the offset as score
(a double: exact up to 2^53 messages).
"""

from typing import Final

# KEYS lease, position; ARGV token, lease in ms.
LEAD: Final = """
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
elseif not holder then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  holder = ARGV[1]
end
return {holder == ARGV[1] and 1 or 0, redis.call('GET', KEYS[2])}
"""

# KEYS lease; ARGV token.
RESIGN: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""

# KEYS lease, position, one room per entry;
# ARGV token, lease in ms, seen, upto, first, keep, seconds to live, then offset, changed and
# payload of each entry.
STORE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[3] then return 0 end
local touched = {}
for i = 3, #KEYS do
  local room, base = KEYS[i], 8 + (i - 3) * 3
  local offset, changed = ARGV[base], ARGV[base + 1]
  local old = redis.call('ZRANGEBYSCORE', room, offset, offset)[1]
  if not old or tonumber(string.match(old, '^%d+:(%d+):')) < tonumber(changed) then
    if old then redis.call('ZREM', room, old) end
    redis.call('ZADD', room, offset, offset .. ':' .. changed .. ':' .. ARGV[base + 2])
  end
  touched[room] = true
end
for room in pairs(touched) do
  redis.call('ZREMRANGEBYSCORE', room, '-inf', '(' .. ARGV[5])
  redis.call('ZREMRANGEBYRANK', room, 0, -tonumber(ARGV[6]) - 1)
  redis.call('EXPIRE', room, ARGV[7])
end
redis.call('SET', KEYS[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""

# KEYS position, room; ARGV lowest score, highest score, limit, 'oldest' or 'newest'.
READ: Final = """
local found
if ARGV[4] == 'oldest' then
  found = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
else
  found = redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[3])
end
return {redis.call('GET', KEYS[1]), found}
"""
