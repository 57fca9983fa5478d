#!/bin/sh
# nats-server remembers a failed write until its end, also when its disk has space again (seen with 2.15).
# Goes to /etc/siko; siko-nats-health.service runs it, with the login of `health`.
set -eu
store=${1:-/var/lib/siko-nats} siko=${2:-/opt/siko/bin/siko}
room_kb=65536

said=$("$siko" topology health) && exit 0
case $said in
  *"write error"*) ;;
  *)
    echo "NATS is not well${said:+: $said}" >&2
    exit 1
    ;;
esac
free_kb=$(df --output=avail "$store" | tail -n 1)
if [ "$free_kb" -lt "$room_kb" ]; then
  echo "NATS cannot store and has ${free_kb} KB left: free space in $store" >&2
  exit 1
fi
echo "NATS cannot store though there is space again: it is started anew" >&2
systemctl restart siko-nats.service
