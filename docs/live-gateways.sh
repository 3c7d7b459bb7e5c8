#!/usr/bin/env bash
# Live, on one machine: two gateways that send in slots of a second, devices behind them that know nothing of it, and the audit's tap in front
# of the operation's broker. Prints the survey of what passed the tap, and fails unless messages have one size and gateways one rhythm.
#
#   docs/live-gateways.sh [COWL] [SECONDS]        needs mosquitto_pub, jq
set -euo pipefail
cowl="$(realpath "${1:-target/release/cowl}")" seconds="${2:-90}"
dir="$(mktemp -d)"
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_said() { for _ in $(seq 200); do grep -q "$2" "$1" && return; sleep 0.1; done; cat "$1" >&2; return 1; }
broker=$(free) tap=$(free)

# An operation whose nodes send once a second, with the shipped families of devices.
"$cowl" init ops >/dev/null
sed -i 's/^slot = .*/slot = "1s"/; s/^walk_in_slots = .*/walk_in_slots = 0/; s/^daily_bytes = .*/daily_bytes = 1000000000/' ops/policy.toml
"$cowl" broker ops -p "$broker" --no-tls --no-ws 2>broker.log & pids+=($!)
until_said broker.log listening
"$cowl" serve ops -h 127.0.0.1 -p "$broker" --every 10 2>serve.log & pids+=($!)
until_said serve.log serving
"$cowl" audit tap --listen "127.0.0.1:$tap" --broker "127.0.0.1:$broker" -o live.trace --for "$seconds" 2>tap.log &
recording=$!
until_said tap.log listening
ports=()
for ward in one two; do
  "$cowl" enrol ops "$ward" --gateway 20 -o "$ward.cowl" >/dev/null 2>&1
  port=$(free)
  "$cowl" gateway --devices "$ward.cowl" --listen "$port" --anonymous --uplink "127.0.0.1:$tap" 2>"$ward.log" & pids+=($!)
  until_said "$ward.log" "uplink connected"
  ports+=("$port")
done

# Devices as they are: each at an interval of its own, some of what they say urgent.
for device in $(seq 12); do
  port=${ports[$((device % 2))]}
  while :; do
    severity=$([ $((RANDOM % 5)) = 0 ] && echo critical || echo low)
    mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -i "sensor-$device" -t srv/temperature \
      -m "{\"temperature\": 37, \"severity\": \"$severity\", \"lat\": 18.54, \"lon\": -72.34, \"userId\": $((970 + device))}" || true
    sleep "$((2 + device % 5))"
  done & pids+=($!)
done
wait "$recording"

"$cowl" audit read live.trace --json >survey.json
"$cowl" audit read live.trace
echo
jq -r '"messages \(.about.messages) (notices to the gateways among them); topics of one size \(.sizes.topics_of_one_size) of \(.sizes.topics), gateways \(.sizes.senders_of_one_size) of \(.sizes.senders); gaps on a connection, s: 5 % below \(.rhythm.gaps_s.p05), median \(.rhythm.gaps_s.median), 95 % below \(.rhythm.gaps_s.p95)"' survey.json
# One size on each topic and from each gateway, real or cover; and a slot is a slot: nine gaps of ten within a tenth of a second.
jq -e '.sizes.topics_of_one_size == .sizes.topics and .sizes.senders_of_one_size == .sizes.senders and .rhythm.gaps_s.p05 > 0.9 and .rhythm.gaps_s.p95 < 1.1' survey.json >/dev/null ||
  { echo "messages differ in size, or slots in length" >&2; exit 1; }
