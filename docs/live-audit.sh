#!/usr/bin/env bash
# The audit, live: people as in `cowl simulate`, whose devices send to real gateways in slots; the audit's tap in front of the operation's broker;
# and, as whoever runs the experiment has the keys, the truth about what was recorded. Writes live.trace and live.truth, and prints the scores.
#
#   docs/live-audit.sh OUT [PEOPLE] [DAYS] [GATEWAYS]     needs jq
#
# It runs a hundred times as fast as life: slots of 10 s are 0.1 s long, and so on with every time in the policy; the trace is stretched again before it is
# audited, and each delay of the machine with it, which helps the attacker. Two days take 29 minutes.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)" out="$1" people="${2:-400}" days="${3:-2}" gateways="${4:-4}" pace=100 seed="${SEED:-2010}"
cargo build --quiet --release --manifest-path "$root/Cargo.toml" -p cowl-cli --bin cowl -p cowl-sim --example live
cowl="$root/target/release/cowl" live="$root/target/release/examples/live"
mkdir -p "$out" && cd "$out"
dir="$(mktemp -d)"
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_said() { for _ in $(seq 1200); do grep -q "$2" "$1" && return; sleep 0.1; done; cat "$1" >&2; return 1; }
broker=$(free) tap=$(free)

# A hundredth of the shipped policy's times. No walk-ins; what it would cost a day at this speed is not refused.
policies="$root/crates/cowl/assets"
sed 's/^epoch = .*/epoch = "216s"/; s/^keys_ahead = .*/keys_ahead = "24192s"/; s/^lateness = .*/lateness = "864s"/
  s/^beacon_every = .*/beacon_every = "3s"/; s/^bundle_every = .*/bundle_every = "9s"/; s/^slot = .*/slot = "100ms"/
  s/^walk_in_slots = .*/walk_in_slots = 0/; s/^daily_bytes = .*/daily_bytes = 1000000000000/' "$policies/policy.toml" >"$dir/policy.toml"
cp "$policies"/zones/*.geojson "$dir"
"$cowl" init "$dir/ops" --policy "$dir/policy.toml" >/dev/null 2>&1
"$cowl" enrol "$dir/ops" listener --responder --role rescue -o "$dir/listener.cowl" >/dev/null 2>&1
for number in $(seq "$gateways"); do
  "$cowl" enrol "$dir/ops" "gateway-$number" --gateway "$((people / gateways + 3))" -o "$dir/gateway-$number.cowl" >/dev/null 2>&1
done
"$cowl" broker "$dir/ops" -p "$broker" --no-tls --no-ws 2>"$dir/broker.log" & pids+=($!)
until_said "$dir/broker.log" listening
"$cowl" serve "$dir/ops" -h 127.0.0.1 -p "$broker" 2>"$dir/serve.log" & pids+=($!)
until_said "$dir/serve.log" serving
seconds=$((days * 86400 / pace + 45))
"$cowl" audit tap --listen "127.0.0.1:$tap" --broker "127.0.0.1:$broker" -o "$dir/tapped.trace" --for "$seconds" 2>"$dir/tap.log" &
until_said "$dir/tap.log" listening
ports=()
for number in $(seq "$gateways"); do
  port=$(free)
  "$cowl" gateway --devices "$dir/gateway-$number.cowl" --listen "$port" --anonymous --uplink "127.0.0.1:$tap" 2>"$dir/gateway-$number.log" & pids+=($!)
  until_said "$dir/gateway-$number.log" "uplink connected"
  ports+=("$port")
done
"$live" "$dir/listener.cowl" rescue "$broker" "$dir/tapped.trace" live "$people" "$days" "$seed" "$pace" "${ports[@]}"
grep -hE 'refused|dropped|late' "$dir"/gateway-*.log "$dir/tap.log" || true

"$cowl" audit score live.trace --attack L1 --attack De1 --attack De2 --attack De3 --attack I2 --adversary broker --adversary subscriber --details
