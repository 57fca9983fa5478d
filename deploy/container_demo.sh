#!/usr/bin/env bash
# Builds the images, starts everything by compose, plays the demo against it, and compares what
# reporting answers with what it answers on SQLite without containers. Removes what it made.
# Needs a Docker engine with compose, and `make setup`.
set -euo pipefail
cd "$(dirname "$0")/.."

siko=$PWD/.venv/bin/siko
folder=$(mktemp -d)
local_system=
# a project of its own: `down --volumes` must never meet the data of somebody's running siko
export COMPOSE_PROJECT_NAME=siko-container-demo SIKO_CLOCK=manual
export COMPOSE_ENV_FILES=deploy/trial.env
NATS_PORT=$(.venv/bin/python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
export NATS_PORT

clean_up() {
  status=$?
  if [ $status -ne 0 ]; then docker compose logs --no-color --tail 40 || true; fi
  if [ -n "$local_system" ]; then kill "$local_system" 2>/dev/null || true; wait "$local_system" || true; fi
  docker compose down --volumes --timeout 20 >/dev/null 2>&1 || true
  rm -rf "$folder"
  exit $status
}
trap clean_up EXIT

say() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

say 'without passwords nothing starts'
if docker compose --env-file /dev/null config --quiet 2>"$folder/refused"; then echo 'it would'; exit 1; fi
grep 'for a trial' "$folder/refused"

say 'building the images'
docker compose --progress quiet build
say 'starting the containers'
docker compose --progress quiet up --detach --wait --wait-timeout 120
docker compose ps --format 'table {{.Service}}\t{{.Status}}'

say 'without a login nobody gets in'
status=0
SIKO_NATS_URL=nats://127.0.0.1:$NATS_PORT "$siko" query reporting compliance 2>"$folder/stranger" || status=$?
if [ $status -ne 3 ] || ! grep -q 'does not know this login' "$folder/stranger"; then cat "$folder/stranger"; exit 1; fi

say 'the demo in containers, on PostgreSQL'
timeout 300 docker compose run --rm --no-TTY demo demo --year 2025 --output json >"$folder/containers.json"
# of what the engine's own network carries in the clear the doctor knows only that it is no loopback
timeout 60 docker compose run --rm --no-TTY demo doctor --output json >"$folder/doctor.json" || true
.venv/bin/python - "$folder/doctor.json" <<'PYTHON'
import json
import sys
from pathlib import Path

findings = json.loads(Path(sys.argv[1]).read_text())["findings"]
if [found["cause"].partition(":")[0] for found in findings] != ["SIKO_NATS_URL"]:
    sys.exit(f"the doctor found {findings}")
PYTHON
if docker compose logs --no-color nats | grep 'Violation'; then echo 'somebody was refused what his part needs'; exit 1; fi
docker compose down --volumes --timeout 20 >/dev/null 2>&1

say 'the demo without containers, on SQLite'
"$siko" up --data "$folder/data" --port 0 >"$folder/up.log" 2>&1 &
local_system=$!
for _ in $(seq 600); do
  if [ -e "$folder/data/run.json" ]; then break; fi
  if ! kill -0 "$local_system" 2>/dev/null; then cat "$folder/up.log"; exit 1; fi
  sleep 0.1
done
timeout 300 "$siko" demo --year 2025 --output json --data "$folder/data" >"$folder/sqlite.json" 2>/dev/null

say 'comparing'
.venv/bin/python - "$folder" <<'PYTHON'
import json
import sys
from pathlib import Path

containers, sqlite = (
    json.loads((Path(sys.argv[1]) / f"{name}.json").read_text())["compliance"]
    for name in ("containers", "sqlite")
)
if containers != sqlite:
    differing = [pair for pair in zip(containers, sqlite) if pair[0] != pair[1]]
    sys.exit(f"{len(containers)} and {len(sqlite)} items; differing: {differing}")
verdicts = {
    (item["kind"], item["area"]): item["verdict"]
    for item in containers
    if item["authority_id"] == "pp-koeln"
}
for (kind, area), verdict in sorted(verdicts.items(), key=str):
    print(f"pp-koeln {kind} {area or 'motorways'}: {verdict}")
wanted = dict.fromkeys([("siko", "Köln"), ("siko", "Leverkusen"), ("siko_ap", None)], "FULFILLED")
if verdicts != wanted:
    sys.exit(f"wanted {wanted}")
print(f"{len(containers)} verdicts, equal on PostgreSQL in containers and on SQLite")
PYTHON
say 'done'
