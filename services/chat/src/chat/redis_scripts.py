"""What Redis does in one step, in Lua; a script runs whole or not at all.

Members of a room's sorted set are ``<offset>:<changed>:<time>:<message>`` with the offset as score
(a double: exact up to 2^53 messages) and the time of the post in Unix seconds.
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

# Drops from the oldest end of a room what was posted before a time.
_AGE: Final = """
local function age(room, since)
  while true do
    local oldest = redis.call('ZRANGE', room, 0, 0)[1]
    if not oldest then return end
    if tonumber(string.match(oldest, '^%d+:%d+:([^:]+):')) >= tonumber(since) then return end
    redis.call('ZREMRANGEBYRANK', room, 0, 0)
  end
end
"""

# KEYS lease, position, then room and the room's early changes of each entry;
# ARGV token, lease in ms, seen, upto, oldest time, keep, seconds to live, then of each entry
# offset, changed, time, payload, and 1 if it is early.
STORE: Final = (
    _AGE
    + """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[3] then return 0 end
local touched = {}
for i = 3, #KEYS, 2 do
  local base = 8 + (i - 3) / 2 * 5
  local offset, changed, early = ARGV[base], ARGV[base + 1], ARGV[base + 4] == '1'
  local room = early and KEYS[i + 1] or KEYS[i]
  local old = redis.call('ZRANGEBYSCORE', room, offset, offset)[1]
  if not old or tonumber(string.match(old, '^%d+:(%d+):')) <= tonumber(changed) then
    if old then redis.call('ZREM', room, old) end
    local member = offset .. ':' .. changed .. ':' .. ARGV[base + 2] .. ':' .. ARGV[base + 3]
    redis.call('ZADD', room, offset, member)
  end
  if not early then redis.call('ZREMRANGEBYSCORE', KEYS[i + 1], offset, offset) end
  touched[room] = true
end
for room in pairs(touched) do
  age(room, ARGV[5])
  redis.call('ZREMRANGEBYRANK', room, 0, -tonumber(ARGV[6]) - 1)
  redis.call('EXPIRE', room, ARGV[7])
end
redis.call('SET', KEYS[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
)

# KEYS position, room;
# ARGV lowest score, highest score, limit, 'oldest' or 'newest', oldest time.
READ: Final = (
    _AGE
    + """
age(KEYS[2], ARGV[5])
local found
if ARGV[4] == 'oldest' then
  found = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
else
  found = redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[3])
end
return {redis.call('GET', KEYS[1]), found}
"""
)

# KEYS room and the room's early changes of each place; ARGV one offset for each place.
FIND: Final = """
local found = {}
for i, offset in ipairs(ARGV) do
  local member = redis.call('ZRANGEBYSCORE', KEYS[2 * i - 1], offset, offset)[1]
  local early = false
  if not member then
    member = redis.call('ZRANGEBYSCORE', KEYS[2 * i], offset, offset)[1]
    early = true
  end
  found[i] = {member or '', early and 1 or 0}
end
return found
"""

# KEYS position; ARGV pattern of the rooms' keys.
CLEAR: Final = """
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do redis.call('UNLINK', key) end
until cursor == '0'
redis.call('DEL', KEYS[1])
return 1
"""
