import OpenAI from "openai";
import { hello, pixels, place, resultOf, timeout } from "./questions.mjs";

const finishes = { stop: "stop", length: "length", tool_calls: "tools", content_filter: "filter" };
const user = (content) => [{ role: "user", content }];
const tool = (name) => ({ type: "function", function: { name, description: name, parameters: place } });
const both = [tool("get_weather"), tool("get_time")];
const callOf = (call) => ({ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) });
const results = (calls) => calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: resultOf(call.function.name) }));

function facts(answer) {
  const [{ message, finish_reason }] = answer.choices;
  return {
    text: message.content, reasoning: message.reasoning_content, finish: finishes[finish_reason], calls: (message.tool_calls ?? []).map(callOf),
    input: answer.usage.prompt_tokens, output: answer.usage.completion_tokens,
  };
}

export default function verbs({ address, apiKey, model, failing, hanging }) {
  const client = new OpenAI({ baseURL: `${address}v1`, apiKey, maxRetries: 0, timeout });
  const ask = async (messages, more) => client.chat.completions.create({ model, messages, ...more });
  const stream = async (messages, more) => {
    const run = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true }, ...more });
    let chunks = 0;
    let reasoning = "";
    for await (const chunk of run) {
      chunks++;
      reasoning += chunk.choices[0]?.delta.reasoning_content ?? "";
    }
    return { ...facts(await run.finalChatCompletion()), reasoning, chunks };
  };
  const loop = async (text, more) => {
    const first = await ask(user(text), { tools: both, ...more });
    const { message } = first.choices[0];
    const second = await ask([...user(text), message, ...results(message.tool_calls)], { tools: both, ...more });
    return { ...facts(second), calls: facts(first).calls, reasoning: message.reasoning_content };
  };
  const thinking = { reasoning_effort: "low", max_completion_tokens: 4000 };

  return {
    chat: async () => facts(await ask([{ role: "system", content: "Be brief." }, ...user(hello)], { temperature: 0.5, max_completion_tokens: 40 })),
    stream: () => stream(user(hello)),
    tool: async () => facts(await ask(user("weather?"), { tools: both })),
    tool_forced: async () => facts(await ask(user("time?"), { tools: both, tool_choice: { type: "function", function: { name: "get_time" } } })),
    tool_stream: () => stream(user("weather?"), { tools: both }),
    parallel: async () => facts(await ask(user("both, please"), { tools: both })),
    parallel_stream: () => stream(user("both, please"), { tools: both }),
    results: () => loop("both, please"),
    schema: async () => facts(await ask(user("where?"), { response_format: { type: "json_schema", json_schema: { name: "place", strict: true, schema: place } } })),
    image: async () => facts(await ask(user([{ type: "text", text: "What?" }, { type: "image_url", image_url: { url: `data:image/png;base64,${pixels}` } }]))),
    reasoning: async () => facts(await ask(user(hello), thinking)),
    reasoning_stream: () => stream(user(hello), thinking),
    reasoning_tools: () => loop("weather?", thinking),
    stop: async () => facts(await ask(user("one END two"), { stop: ["END"] })),
    length: async () => facts(await ask(user(hello), { max_completion_tokens: 5 })),
    error_400: () => ask(user("hi"), { model: failing(400) }),
    error_401: () => ask(user("hi"), { model: failing(401) }),
    error_429: () => ask(user("hi"), { model: failing(429) }),
    error_529: () => ask(user("hi"), { model: failing(529) }),
    error_stream: () => stream(user("hi"), { model: failing(429) }),
    abort: async () => {
      let text = "";
      for await (const chunk of await ask(user("hi"), { model: hanging, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? "";
        if (text.length >= 6) break;
      }
      return { text };
    },
  };
}
