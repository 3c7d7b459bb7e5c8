// MQTT.js as a device: takes lines of JSON from standard input and publishes them, or listens.
// Says `connected`, then `sent N` (all acknowledged) or `subscribed` and one line of JSON for each message.

const fs = require("node:fs");
const path = require("node:path");

const options = {};
for (let index = 2; index < process.argv.length; index += 2) {
  options[process.argv[index].slice(2)] = process.argv[index + 1];
}
const mqtt = require(path.join(options.modules, "mqtt"));

const say = (text) => fs.writeSync(1, text + "\n");
const fail = (text) => {
  fs.writeSync(2, text + "\n");
  process.exit(1);
};
setTimeout(() => fail("it took too long"), 60_000).unref();

const scheme = options.ws ? (options.cafile ? "wss" : "ws") : options.cafile ? "mqtts" : "mqtt";
const place = options.ws ? "/mqtt" : "";
const client = mqtt.connect(`${scheme}://localhost:${options.port}${place}`, {
  protocolVersion: options.version === "5" ? 5 : 4,
  clientId: options["client-id"],
  username: options.user,
  password: options.password,
  ca: options.cafile && fs.readFileSync(options.cafile),
  keepalive: 30,
  reconnectPeriod: 0,
});
const qos = Number(options.qos);
let left = Number(options.count ?? 1);

client.on("error", (error) => fail(String(error)));
client.on("message", (topic, payload, packet) => {
  say(JSON.stringify({ topic, payload: payload.toString(), retain: packet.retain, qos: packet.qos }));
  left -= 1;
  if (left === 0) client.end();
});
client.on("connect", async () => {
  say("connected");
  if (options.subscribe) {
    const granted = await client.subscribeAsync(options.subscribe, { qos }).catch((error) => fail(String(error)));
    if (granted.some((one) => one.qos > 2)) fail("subscription refused");
    say("subscribed");
    return;
  }
  const lines = fs.readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const sent = lines.map(({ topic, payload }) => client.publishAsync(topic, payload, { qos }));
  await Promise.all(sent).catch((error) => fail(String(error)));
  say(`sent ${sent.length}`);
  await client.endAsync();
});
