// Begins a batch of messages with the official client, reads its results, cancels and deletes it, and prints what came of each.
// usage: node batches.mjs ADDRESS
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: process.argv[2].replace(/\/$/, ""), apiKey: "any", maxRetries: 0, timeout: 60_000 });
const batches = client.messages.batches;
const params = { model: "anthropic/claude-haiku-4-5", max_tokens: 5, messages: [{ role: "user", content: "Hello" }] };

const begun = await batches.create({ requests: [{ custom_id: "1", params }] });
const listed = [];
for await (const one of batches.list()) listed.push(one.id);
const results = [];
for await (const line of await batches.results(begun.id)) results.push(`${line.custom_id} ${line.result.type}`);
const cancelled = await batches.cancel(begun.id);
const deleted = await batches.delete(begun.id);
let gone;
try {
  await batches.retrieve(begun.id);
} catch (error) {
  gone = `${error.constructor.name} ${error.status}`;
}
console.log(JSON.stringify({ begun: begun.id, listed, results, cancelled: cancelled.processing_status, deleted: deleted.type, gone }));
