/* What the store does inside Redis: one Lua script per operation, so that each is atomic among
 * relays. Included by store_redis.c only. Layer: relay.
 *
 * Keys: K, a hash per session; `polytune:sessions`, a sorted set of the sessions by last use;
 * `polytune:dying`, one of the seats ("party session") by when they die; `polytune:totals`, a hash;
 * `polytune:addresses`, a hash of n<address> and b<address>, the sessions that an address opened
 * and their bytes. The session's hash has
 *
 *     epoch, used, bytes, messages, seats    what they say
 *     opener                                 the address that opened it, or nothing
 *     list                                   the seated parties, separated by spaces
 *     wait                                   the smallest time-out told by those who are there
 *     t<party>, a<party>, l<party>           a seat's token digest (or ""), last use, "1" if left
 *     w<party>, c<party>                     its time-out, and since when no connection is known
 *     x<party>                               what it runs, or nothing
 *     n<q>, o<q>, b<q>                       per queue q = from:to its newest and oldest number and
 *                                            its bytes; m<q>:<number> a message
 *
 * Arguments: session, party, epoch or "", digest or "", whether a session may be opened, a random
 * epoch and the address that it counts for, then those of the operation. The answer begins with a
 * result's name. Time is the Redis server's. Pub/sub tells all relays what to wake. */
#ifndef RELAY_REDIS_SCRIPTS_H
#define RELAY_REDIS_SCRIPTS_H

/* With the limits as local variables before it. */
static const char script_common[] =
    "local name, party, epoch, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4]\n"
    "local K, Z, T = KEYS[1], 'polytune:sessions', 'polytune:totals'\n"
    "local D, A = 'polytune:dying', 'polytune:addresses'\n"
    "local OVERHEAD, SEAT = 128, 64\n"
    "local time = redis.call('TIME')\n"
    "local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
    "local opened = 0\n"
    "local function get(f) return redis.call('HGET', K, f) end\n"
    "local function num(f) return tonumber(get(f) or 0) end\n"
    "local function set(...) redis.call('HSET', K, ...) end\n"
    "local function tell(text) redis.call('PUBLISH', CHANNEL, text) end\n"
    "local function by_address(what, who)\n"
    "  return tonumber(redis.call('HGET', A, what .. who) or 0)\n"
    "end\n"
    "local function add_to_address(what, who, n)\n"
    "  if redis.call('HINCRBY', A, what .. who, n) <= 0 then redis.call('HDEL', A, what .. who) "
    "end\n"
    "end\n"
    "local function count(f, n)\n"
    "  local opener = get('opener')\n"
    "  redis.call('HINCRBY', K, f, n)\n"
    "  redis.call('HINCRBY', T, f, n)\n"
    "  if opener and f == 'bytes' then add_to_address('b', opener, n) end\n"
    "end\n"
    "local function charge(n)\n"
    "  local all, opener = tonumber(redis.call('HGET', T, 'bytes') or 0), get('opener')\n"
    "  if num('bytes') + n > SESSION_BYTES then return 'FULL_SESSION' end\n"
    "  if opener and ADDRESS_BYTES > 0 and by_address('b', opener) + n > ADDRESS_BYTES then\n"
    "    return 'FULL_ADDRESS_BYTES'\n"
    "  end\n"
    "  if all + n > BYTES or not get('epoch') and all + n > OPENING_BYTES then\n"
    "    return 'FULL_BYTES'\n"
    "  end\n"
    "  count('bytes', n)\n"
    "  return nil\n"
    "end\n";

/* What comes then in scripts that free something, or keep what is there. At maxmemory Redis lets a
 * script write only what needs no memory, until it has: else nobody could take a message, or leave,
 * and Redis stayed full. */
static const char script_frees[] = "redis.call('HDEL', K, '')\n";

/* Of seats and sessions, behind that. */
static const char script_sessions[] =
    "local function seats() return string.gmatch(get('list') or '', '%d+') end\n"
    "local function can_die(p)\n"
    "  return (get('t' .. p) or '') ~= '' and get('l' .. p) ~= '1'\n"
    "end\n"
    "local function dies(p)\n"
    "  local wait, absent = tonumber(get('wait') or TIMEOUT), tonumber(get('c' .. p))\n"
    "  local silent = num('a' .. p) + wait\n"
    "  return absent and math.min(silent, absent + math.floor(wait / ABSENCE)) or silent\n"
    "end\n"
    "local function plan(p)\n"
    "  if can_die(p) then redis.call('ZADD', D, dies(p), p .. ' ' .. name)\n"
    "  else redis.call('ZREM', D, p .. ' ' .. name) end\n"
    "end\n"
    "local function plan_all()\n"
    "  local least = nil\n"
    "  for p in seats() do\n"
    "    if can_die(p) then least = math.min(num('w' .. p), least or num('w' .. p)) end\n"
    "  end\n"
    "  set('wait', least or TIMEOUT)\n"
    "  for p in seats() do plan(p) end\n"
    "end\n"
    "local function hear(p, when)\n"
    "  set('a' .. p, when)\n"
    "  redis.call('HDEL', K, 'c' .. p)\n"
    "  plan(p)\n"
    "end\n"
    "local function touch()\n"
    "  redis.call('ZADD', Z, now, name)\n"
    "  if get('t' .. party) then hear(party, now) end\n"
    "  for _, key in ipairs({K, Z, T, D, A}) do redis.call('PEXPIRE', key, 2 * EXPIRY) end\n"
    "end\n"
    "local function drop()\n"
    "  for p in seats() do redis.call('ZREM', D, p .. ' ' .. name) end\n"
    "  for _, f in ipairs({'bytes', 'messages', 'seats'}) do count(f, 0 - num(f)) end\n"
    "  local opener = get('opener')\n"
    "  if opener then add_to_address('n', opener, -1) end\n"
    "  redis.call('UNLINK', K)\n"
    "  redis.call('ZREM', Z, name)\n"
    "  if redis.call('ZCARD', Z) == 0 then redis.call('DEL', T, A) end\n"
    "  tell('session - ' .. name)\n"
    "end\n"
    "local function open()\n"
    "  if get('epoch') then return nil end\n"
    "  if ARGV[5] ~= '1' then return 'CLOSED' end\n"
    "  local address = ARGV[7]\n"
    "  if redis.call('ZCARD', Z) >= SESSIONS then return 'FULL_SESSIONS' end\n"
    "  if address ~= '' and ADDRESS_SESSIONS > 0 and by_address('n', address) >= ADDRESS_SESSIONS "
    "then\n"
    "    return 'FULL_ADDRESS_SESSIONS'\n"
    "  end\n"
    "  local full = charge(OVERHEAD)\n"
    "  if full then return full end\n"
    "  set('epoch', ARGV[6])\n"
    "  if address ~= '' then\n"
    "    set('opener', address)\n"
    "    add_to_address('n', address, 1)\n"
    "    add_to_address('b', address, OVERHEAD)\n"
    "  end\n"
    "  touch()\n"
    "  opened = 1\n"
    "  return nil\n"
    "end\n"
    "local function speaks()\n"
    "  local e = get('epoch')\n"
    "  if epoch ~= '' and e ~= epoch then return 'LOST' end\n"
    "  local own = get('t' .. party)\n"
    "  local bound = own and own ~= ''\n"
    "  if not bound and not NEEDS_TOKENS then return nil end\n"
    "  if digest == '' then return 'UNAUTHORIZED' end\n"
    "  if bound and own == digest then return nil end\n"
    "  return 'FORBIDDEN'\n"
    "end\n"
    "local function leave()\n"
    "  local others, list = false, ''\n"
    "  for p in seats() do\n"
    "    if p ~= party then\n"
    "      list = list .. ' ' .. p\n"
    "      others = others or get('l' .. p) ~= '1'\n"
    "    end\n"
    "  end\n"
    "  if not others then drop() return 'ended' end\n"
    "  local before = get('l' .. party)\n"
    "  if get('used') then set('l' .. party, '1') else\n"
    "    for _, f in ipairs({'t', 'a', 'l', 'w', 'c', 'x'}) do redis.call('HDEL', K, f .. party) "
    "end\n"
    "    set('list', list)\n"
    "    count('seats', -1)\n"
    "    count('bytes', -SEAT)\n"
    "  end\n"
    "  plan(party)\n"
    "  plan_all()\n"
    "  tell('session - ' .. name)\n"
    "  return before == '1' and '' or 'left'\n"
    "end\n"
    "local function ack(q, number)\n"
    "  local oldest, newest = num('o' .. q), num('n' .. q)\n"
    "  local stop = math.min(number - 1, newest)\n"
    "  if oldest > stop then return end\n"
    "  local bytes = 0\n"
    "  for i = oldest, stop do\n"
    "    local f = string.format('m%s:%.0f', q, i)\n"
    "    bytes = bytes + redis.call('HSTRLEN', K, f)\n"
    "    redis.call('HDEL', K, f)\n"
    "  end\n"
    "  set('o' .. q, stop + 1, 'b' .. q, num('b' .. q) - bytes)\n"
    "  count('messages', oldest - stop - 1)\n"
    "  count('bytes', (oldest - stop - 1) * OVERHEAD - bytes)\n"
    "  tell('room ' .. q .. ' ' .. name)\n"
    "end\n"
    /* Empties what was sent in the name of a party, as if nothing had been. */
    "local function forget(from)\n"
    "  for _, f in ipairs(redis.call('HKEYS', K)) do\n"
    "    local q = string.match(f, '^n(' .. from .. ':%d+)$')\n"
    "    if q then\n"
    "      ack(q, num('n' .. q) + 1)\n"
    "      for _, x in ipairs({'n', 'o', 'b'}) do redis.call('HDEL', K, x .. q) end\n"
    "      count('bytes', -OVERHEAD)\n"
    "    end\n"
    "  end\n"
    "end\n";

/* Arguments 8 and 9: the time-out told, or 0, and the terms, or "". Answers DONE with the epoch,
 * whether a session was opened, one was replaced, and the seat is taken anew, and the time-out;
 * TAKEN with the holder's digest.
 */
static const char script_join[] =
    "local own, left = get('t' .. party), get('l' .. party) == '1'\n"
    "local function is_free()\n"
    "  if not get('epoch') or own and own ~= '' and own == digest then return 'DONE' end\n"
    "  if digest == '' and (not own or own == '') then return 'DONE' end\n"
    "  local any_left, any_active = false, false\n"
    "  for p in seats() do\n"
    "    if get('l' .. p) == '1' then any_left = true\n"
    "    elseif dies(p) > now then any_active = true end\n"
    "  end\n"
    "  if not own and not any_left then return 'DONE' end\n"
    "  if not own or left then return any_active and 'ENDING' or 'LOST' end\n"
    "  if dies(party) > now then return 'TAKEN' end\n"
    "  return get('used') and 'LOST' or 'DONE'\n"
    "end\n"
    "local free, replaced = is_free(), 0\n"
    "if free == 'TAKEN' then return {free, own} end\n"
    "if free == 'LOST' then\n"
    "  if ARGV[5] ~= '1' then return {'CLOSED'} end\n"
    "  drop()\n"
    "  replaced, own, left = 1, false, false\n"
    "elseif free ~= 'DONE' then return {free} end\n"
    "local wrong = open()\n"
    "if wrong then return {wrong} end\n"
    "if not own then\n"
    "  local full = num('seats') >= SEATS and 'FULL_SEATS' or charge(SEAT)\n"
    "  if full then return {full, opened, replaced} end\n"
    "  count('seats', 1)\n"
    "  set('list', (get('list') or '') .. ' ' .. party)\n"
    "end\n"
    "if digest ~= '' and (not own or own == '') and get('used') then forget(party) end\n"
    "local anew = (own ~= digest or left) and 1 or 0\n"
    "local wait = tonumber(ARGV[8]) ~= 0 and tonumber(ARGV[8]) or TIMEOUT\n"
    "set('t' .. party, digest, 'l' .. party, '0', 'w' .. party, wait)\n"
    "if ARGV[9] ~= '' then set('x' .. party, ARGV[9]) else redis.call('HDEL', K, 'x' .. party) "
    "end\n"
    "touch()\n"
    "plan_all()\n"
    "tell('seated - ' .. name)\n"
    "return {'DONE', get('epoch'), opened, replaced, anew, wait}\n";

/* Answers DONE with what happened: "ended", "left" or "". */
static const char script_leave[] = "local own = get('t' .. party)\n"
                                   "if not own then return {'DONE', ''} end\n"
                                   "local wrong = speaks()\n"
                                   "if wrong then return {wrong} end\n"
                                   "return {'DONE', leave()}\n";

/* The caller's last connection to a relay has closed: until now there was one, whatever others
 * said.
 */
static const char script_absent[] = "if digest ~= '' and get('t' .. party) == digest then\n"
                                    "  set('c' .. party, now)\n"
                                    "  plan(party)\n"
                                    "end\n"
                                    "return {'DONE'}\n";

/* Arguments from 7 on: session, party, digest, and how long ago it was heard, of each who has a
 * connection to the relay. Nothing is written where nothing has changed. */
static const char script_present[] =
    "for i = 7, #ARGV, 4 do\n"
    "  name, party = ARGV[i], ARGV[i + 1]\n"
    "  K = 'polytune:{' .. name .. '}'\n"
    "  local heard = now - tonumber(ARGV[i + 3])\n"
    "  if get('t' .. party) == ARGV[i + 2] and can_die(party) and\n"
    "     (heard > num('a' .. party) or get('c' .. party)) then\n"
    "    hear(party, math.max(heard, num('a' .. party)))\n"
    "  end\n"
    "end\n"
    "return {'DONE'}\n";

/* Answers DONE with who sits there, the seat whose token was shown or "", and what they run:
 * party:terms, separated by spaces. */
static const char script_seats[] = "local e = get('epoch')\n"
                                   "if epoch ~= '' and e ~= epoch then return {'LOST'} end\n"
                                   "if epoch ~= '' then redis.call('ZADD', Z, now, name) end\n"
                                   "local list, own, terms = get('list') or '', '', ''\n"
                                   "for p in seats() do\n"
                                   "  if digest ~= '' and get('t' .. p) == digest then\n"
                                   "    own, party = p, p\n"
                                   "    touch()\n"
                                   "  end\n"
                                   "  local x = get('x' .. p)\n"
                                   "  if x then terms = terms .. p .. ':' .. x .. ' ' end\n"
                                   "end\n"
                                   "return {'DONE', list, own, terms}\n";

/* Arguments 8 to 11: receiver, number or 0, the first not settled or 0, the bytes. Answers with
 * whether a session was opened. */
static const char script_put[] =
    "local number, first, bytes = tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]\n"
    "local wrong = speaks() or open()\n"
    "if wrong then return {wrong} end\n"
    "touch()\n"
    "local q = party .. ':' .. ARGV[8]\n"
    "local newest = num('n' .. q)\n"
    "if number ~= 0 and number <= newest then return {'REPEATED'} end\n"
    "if number > newest + 1 then\n"
    "  return {first ~= 0 and first <= newest + 1 and 'EARLY' or 'LOST', opened}\n"
    "end\n"
    "local oldest = tonumber(get('o' .. q) or 1)\n"
    "local n, queued = newest + 1 - oldest, num('b' .. q)\n"
    "local cost = #bytes + OVERHEAD + (newest == 0 and OVERHEAD or 0)\n"
    "if n >= MESSAGES or n > 0 and #bytes + queued > QUEUE_BYTES then\n"
    "  return {'FULL_QUEUE', opened}\n"
    "end\n"
    "local full = charge(cost)\n"
    "if full then return {full, opened} end\n"
    "count('messages', 1)\n"
    "set('n' .. q, newest + 1, 'o' .. q, oldest, 'b' .. q, queued + #bytes, 'used', '1',\n"
    "    string.format('m%s:%.0f', q, newest + 1), bytes)\n"
    "tell('message ' .. q .. ' ' .. name)\n"
    "return {'DONE', opened}\n";

/* Arguments 7 to 9: sender, number or 0, the first not settled or 0. Answers DONE with a number and
 * the bytes. */
static const char script_get[] =
    "local number, first = tonumber(ARGV[8]), tonumber(ARGV[9])\n"
    "local q = ARGV[7] .. ':' .. party\n"
    "if first == 0 then first = number end\n"
    "local wrong = speaks()\n"
    "if wrong then return {wrong} end\n"
    "if get('epoch') then touch() end\n"
    "local newest = num('n' .. q)\n"
    "local nothing = get('l' .. ARGV[7]) == '1' and 'GONE' or 'EMPTY'\n"
    "if newest == 0 then return {first > 1 and 'LOST' or nothing} end\n"
    "if first > newest + 1 then return {'LOST'} end\n"
    "if first ~= 0 then ack(q, first) end\n"
    "local oldest = num('o' .. q)\n"
    "if number ~= 0 and number < oldest then return {'LOST'} end\n"
    "local wanted = number ~= 0 and number or oldest\n"
    "if wanted > newest then return {nothing} end\n"
    "return {'DONE', string.format('%.0f', wanted), get(string.format('m%s:%.0f', q, wanted))}\n";

/* Arguments 7 and 8: sender, number. */
static const char script_delivered[] =
    "local wrong = speaks()\n"
    "if wrong then return {wrong} end\n"
    "if get('epoch') then ack(ARGV[7] .. ':' .. party, tonumber(ARGV[8]) + 1) end\n"
    "return {'DONE'}\n";

/* Argument 7: receiver. Answers DONE with a number. */
static const char script_received[] =
    "local wrong = speaks()\n"
    "if wrong then return {wrong} end\n"
    "if get('epoch') then touch() end\n"
    "return {'DONE', string.format('%.0f', num('n' .. party .. ':' .. ARGV[7]))}\n";

/* Argument 7: whether the dead leave. Answers DONE and triples: what happened ("expired", "left",
 * "ended"), session, party. */
static const char script_sweep[] =
    "local answer = {'DONE'}\n"
    "local function add(what)\n"
    "  for _, text in ipairs({what, name, party}) do answer[#answer + 1] = text end\n"
    "end\n"
    "local old = redis.call('ZRANGEBYSCORE', Z, '-inf', now - EXPIRY, 'LIMIT', 0, 64)\n"
    "for _, one in ipairs(old) do\n"
    "  name, K = one, 'polytune:{' .. one .. '}'\n"
    "  drop()\n"
    "  add('expired')\n"
    "end\n"
    "if ARGV[7] ~= '1' then return answer end\n"
    "local dead = redis.call('ZRANGEBYSCORE', D, '-inf', now, 'LIMIT', 0, 64)\n"
    "for _, one in ipairs(dead) do\n"
    "  party, name = string.match(one, '^(%d+) (.*)$')\n"
    "  K = 'polytune:{' .. name .. '}'\n"
    "  if not can_die(party) then redis.call('ZREM', D, one)\n"
    "  elseif dies(party) > now then plan(party)\n"
    "  else add(leave()) end\n"
    "end\n"
    "return answer\n";

/* Answers DONE when something could be written. */
static const char script_check[] = "redis.call('SET', 'polytune:health', now, 'PX', EXPIRY)\n"
                                   "return {'DONE'}\n";

/* Answers DONE with the numbers of sessions, seats, messages and bytes. */
static const char script_figures[] =
    "local f = redis.call('HMGET', T, 'seats', 'messages', 'bytes')\n"
    "return {'DONE', redis.call('ZCARD', Z), tonumber(f[1] or 0), tonumber(f[2] or 0),\n"
    "        tonumber(f[3] or 0)}\n";

#endif
