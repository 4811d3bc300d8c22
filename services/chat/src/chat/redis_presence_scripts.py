"""What Redis does with presence in one step, in Lua.

Below the prefix: ``replicas`` names every registration that holds somebody; ``replica:<id>`` is its
lease, whose value counts its writes; ``rooms:<id>`` are its rooms and ``of:<id>:<room>`` the users
that it holds there. ``room:<room>`` has each member once, with how many registrations hold it as
score: so a count is one step, and so are the first members, whatever the size of the room.
"""

from typing import Final

# KEYS lease, replicas; ARGV lease in ms, id.
BEGIN: Final = """
redis.call('SET', KEYS[1], '0', 'PX', ARGV[1])
redis.call('SADD', KEYS[2], ARGV[2])
return 1
"""

# KEYS lease, rooms of the replica, then for each room the room and its users of the replica;
# ARGV lease in ms, number of the last write, number of this one, then for each room its name, how
# many came, how many went, and who. Returns who is new, who is gone and how many are left, by room.
WRITE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return false end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[1])
local at, told = 4, {}
for k = 3, #KEYS, 2 do
  local room, mine, joined, left = KEYS[k], KEYS[k + 1], {}, {}
  local first_left = at + 3 + tonumber(ARGV[at + 1])
  local last = first_left + tonumber(ARGV[at + 2]) - 1
  for i = at + 3, first_left - 1 do
    local user = ARGV[i]
    if redis.call('SADD', mine, user) == 1 then
      if tonumber(redis.call('ZINCRBY', room, 1, user)) == 1 then joined[#joined + 1] = user end
    end
  end
  for i = first_left, last do
    local user = ARGV[i]
    if redis.call('SREM', mine, user) == 1 then
      if tonumber(redis.call('ZINCRBY', room, -1, user)) <= 0 then
        redis.call('ZREM', room, user)
        left[#left + 1] = user
      end
    end
  end
  redis.call(redis.call('EXISTS', mine) == 1 and 'SADD' or 'SREM', KEYS[2], ARGV[at])
  told[#told + 1] = {joined, left, redis.call('ZCARD', room)}
  at = last + 1
end
return told
"""

# KEYS lease, then rooms; ARGV lease in ms, number of the last write. Returns the rooms' counts.
BEAT: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return false end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local counts = {}
for k = 2, #KEYS do counts[k - 1] = redis.call('ZCARD', KEYS[k]) end
return counts
"""

# KEYS replicas; ARGV prefix, names at most. Lets go whom one registration without a lease holds,
# and returns room, who is gone and how many are left, by room.
REAP: Final = """
local budget, told = tonumber(ARGV[2]), {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('EXISTS', ARGV[1] .. 'replica:' .. id) == 0 then
    local rooms = ARGV[1] .. 'rooms:' .. id
    while budget > 0 do
      local name = redis.call('SRANDMEMBER', rooms)
      if not name then
        redis.call('SREM', KEYS[1], id)
        break
      end
      local room, mine, left = ARGV[1] .. 'room:' .. name, ARGV[1] .. 'of:' .. id .. ':' .. name, {}
      for _, user in ipairs(redis.call('SPOP', mine, budget)) do
        budget = budget - 1
        if tonumber(redis.call('ZINCRBY', room, -1, user)) <= 0 then
          redis.call('ZREM', room, user)
          left[#left + 1] = user
        end
      end
      if redis.call('EXISTS', mine) == 0 then redis.call('SREM', rooms, name) end
      budget = budget - 1
      told[#told + 1] = {name, left, redis.call('ZCARD', room)}
    end
    if #told > 0 then return told end
  end
end
return told
"""

# KEYS room; ARGV names at most.
ROSTER: Final = """
return {redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1), redis.call('ZCARD', KEYS[1])}
"""

# KEYS rooms.
COUNTS: Final = """
local counts = {}
for k = 1, #KEYS do counts[k] = redis.call('ZCARD', KEYS[k]) end
return counts
"""
