#!/bin/sh
# Writes the configuration of one server to $OUT. Which part it plays is asked of the Sentinels; as
# long as none knows, the first one is the primary. If that is wrong, it costs nothing but time: a
# primary without replicas takes no writes (min-replicas-to-write), and the Sentinels put it right.
#
# SELF, FIRST: host:port · SENTINELS: host:port, several · NAME · OUT · COMMON, RIGHTS:
# files · *_PASSWORD
set -eu
umask 077

primary() {
  for sentinel in $SENTINELS; do
    said=$(timeout 2 valkey-cli -h "${sentinel%:*}" -p "${sentinel##*:}" --raw \
      SENTINEL GET-PRIMARY-ADDR-BY-NAME "$NAME" 2>/dev/null) || continue
    # Two lines, host and port; or one that is empty.
    host=$(echo "$said" | head -n 1)
    port=$(echo "$said" | tail -n 1)
    if [ -n "$host" ] && [ "$port" -gt 0 ] 2>/dev/null; then
      echo "$host:$port"
      return
    fi
  done
  echo "$FIRST"
}

leader=$(primary)
{
  cat "$COMMON"
  echo "replica-announce-ip ${SELF%:*}"
  echo "replica-announce-port ${SELF##*:}"
  [ "$leader" = "$SELF" ] || echo "replicaof ${leader%:*} ${leader##*:}"
  echo "primaryuser replica"
  echo "primaryauth $REPLICA_PASSWORD"
  # Ours; they speak of passwords as this script does.
  eval "cat <<END
$(cat "$RIGHTS")
END"
  echo "user replica on >$REPLICA_PASSWORD resetchannels -@all +psync +replconf +ping"
  # As Valkey's documentation lists it for Sentinels.
  echo "user sentinel on >$SENTINEL_PASSWORD allchannels -@all +multi +slaveof +replicaof +ping" \
    "+exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill" \
    "+script|kill +failover"
} > "$OUT"
echo "valkey: $SELF begins with $leader as primary"
