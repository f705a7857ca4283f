import Anthropic from "@anthropic-ai/sdk";
import { hello, pixels, place, resultOf, timeout } from "./questions.mjs";

const finishes = { end_turn: "stop", stop_sequence: "stop", max_tokens: "length", tool_use: "tools", refusal: "filter" };
const user = (content) => [{ role: "user", content }];
const tool = (name) => ({ name, description: name, input_schema: place });
const both = [tool("get_weather"), tool("get_time")];
const ofType = (message, type) => message.content.filter((block) => block.type === type);
const results = (calls) => calls.map((call) => ({ type: "tool_result", tool_use_id: call.id, content: resultOf(call.name) }));

function facts(message) {
  const { usage } = message;
  return {
    text: ofType(message, "text").map((block) => block.text).join(""),
    reasoning: ofType(message, "thinking").map((block) => block.thinking).join(""),
    finish: finishes[message.stop_reason],
    stopSequence: message.stop_sequence,
    calls: ofType(message, "tool_use").map((block) => ({ id: block.id, name: block.name, arguments: block.input })),
    input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    output: usage.output_tokens,
  };
}

export default function verbs({ address, apiKey, model, failing, hanging }) {
  const client = new Anthropic({ baseURL: address.replace(/\/$/, ""), apiKey, maxRetries: 0, timeout });
  const ask = async (messages, more) => client.messages.create({ model, messages, max_tokens: 4000, ...more });
  const stream = async (messages, more) => {
    const run = client.messages.stream({ model, messages, max_tokens: 4000, ...more });
    let chunks = 0;
    for await (const event of run) chunks += event.type === "content_block_delta" ? 1 : 0;
    return { ...facts(await run.finalMessage()), chunks };
  };
  const loop = async (text, more) => {
    const first = await ask(user(text), { tools: both, ...more });
    const answers = { role: "user", content: results(ofType(first, "tool_use")) };
    const second = await ask([...user(text), { role: "assistant", content: first.content }, answers], { tools: both, ...more });
    return { ...facts(second), calls: facts(first).calls, reasoning: facts(first).reasoning };
  };
  const thinking = { thinking: { type: "enabled", budget_tokens: 1024 } };

  return {
    chat: async () => facts(await ask(user(hello), { system: "Be brief." })),
    stream: () => stream(user(hello)),
    tool: async () => facts(await ask(user("weather?"), { tools: both })),
    tool_forced: async () => facts(await ask(user("time?"), { tools: both, tool_choice: { type: "tool", name: "get_time" } })),
    tool_stream: () => stream(user("weather?"), { tools: both }),
    parallel: async () => facts(await ask(user("both, please"), { tools: both })),
    parallel_stream: () => stream(user("both, please"), { tools: both }),
    results: () => loop("both, please"),
    schema: async () => facts(await ask(user("where?"), { output_config: { format: { type: "json_schema", schema: place } } })),
    image: async () => facts(await ask(user([
      { type: "text", text: "What?" }, { type: "image", source: { type: "base64", media_type: "image/png", data: pixels } },
    ]))),
    reasoning: async () => facts(await ask(user(hello), thinking)),
    reasoning_stream: () => stream(user(hello), thinking),
    reasoning_tools: () => loop("weather?", thinking),
    stop: async () => facts(await ask(user("one END two"), { stop_sequences: ["END"] })),
    length: async () => facts(await ask(user(hello), { max_tokens: 5 })),
    error_400: () => ask(user("hi"), { model: failing(400) }),
    error_401: () => ask(user("hi"), { model: failing(401) }),
    error_429: () => ask(user("hi"), { model: failing(429) }),
    error_529: () => ask(user("hi"), { model: failing(529) }),
    error_stream: () => stream(user("hi"), { model: failing(429) }),
    abort: async () => {
      let text = "";
      for await (const event of await ask(user("hi"), { model: hanging, stream: true })) {
        text += event.delta?.text ?? "";
        if (text.length >= 6) break;
      }
      return { text };
    },
  };
}
