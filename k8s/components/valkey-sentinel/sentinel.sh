#!/bin/sh
# Writes the configuration of one Sentinel to $OUT, where it will keep what it learns. It begins
# knowing FIRST; the others tell it when that is the primary no more.
#
# SELF, FIRST: host:port · NAME · OUT · SENTINEL_PASSWORD
set -eu
umask 077
{
  echo "port ${SELF##*:}"
  echo "protected-mode no"
  echo "logfile \"\""
  echo "dir ${OUT%/*}"
  # The same one after each restart: a majority is counted over all that were ever heard of.
  echo "sentinel myid $(printf %s "$SELF" | sha1sum | cut -c 1-40)"
  # Addresses of pods change; their names don't.
  echo "sentinel resolve-hostnames yes"
  echo "sentinel announce-hostnames yes"
  echo "sentinel announce-ip ${SELF%:*}"
  echo "sentinel announce-port ${SELF##*:}"
  echo "sentinel monitor $NAME ${FIRST%:*} ${FIRST##*:} 2"
  echo "sentinel auth-user $NAME sentinel"
  echo "sentinel auth-pass $NAME $SENTINEL_PASSWORD"
  echo "sentinel down-after-milliseconds $NAME ${DOWN_AFTER_MS:-3000}"
  echo "sentinel failover-timeout $NAME ${FAILOVER_TIMEOUT_MS:-15000}"
  echo "sentinel parallel-syncs $NAME 1"
  # Anybody may ask where the primary is; only Sentinels may do more.
  echo "sentinel sentinel-user sentinel"
  echo "sentinel sentinel-pass $SENTINEL_PASSWORD"
  echo "user default on nopass resetchannels -@all +ping +hello +client|setinfo" \
    "+sentinel|masters +sentinel|primaries +sentinel|get-master-addr-by-name" \
    "+sentinel|get-primary-addr-by-name"
  echo "user sentinel on >$SENTINEL_PASSWORD allchannels +@all"
} > "$OUT"
