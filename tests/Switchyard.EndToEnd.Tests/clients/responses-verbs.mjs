import OpenAI from "openai";
import { hello, pixels, place, resultOf, timeout } from "./questions.mjs";

const user = (content) => [{ role: "user", content }];
const tool = (name) => ({ type: "function", name, description: name, parameters: place, strict: true });
const both = [tool("get_weather"), tool("get_time")];
const ofType = (answer, type) => answer.output.filter((item) => item.type === type);
const results = (calls) => calls.map((call) => ({ type: "function_call_output", call_id: call.call_id, output: resultOf(call.name) }));

function facts(answer) {
  const calls = ofType(answer, "function_call");
  return {
    text: ofType(answer, "message").flatMap((item) => item.content).map((part) => part.text ?? "").join(""),
    reasoning: ofType(answer, "reasoning").flatMap((item) => [...item.summary, ...(item.content ?? [])]).map((part) => part.text).join(""),
    finish: answer.status === "incomplete" ? { max_output_tokens: "length", content_filter: "filter" }[answer.incomplete_details.reason] : calls.length > 0 ? "tools" : "stop",
    calls: calls.map((call) => ({ id: call.call_id, name: call.name, arguments: JSON.parse(call.arguments) })),
    input: answer.usage.input_tokens,
    output: answer.usage.output_tokens,
  };
}

export default function verbs({ address, apiKey, model, failing, hanging }) {
  const client = new OpenAI({ baseURL: `${address}v1`, apiKey, maxRetries: 0, timeout });
  const ask = async (input, more) => client.responses.create({ model, input, store: false, ...more });
  const stream = async (input, more) => {
    let chunks = 0;
    let last;
    for await (const event of await client.responses.create({ model, input, store: false, stream: true, ...more })) {
      chunks++;
      last = event.response ?? last;
    }
    return { ...facts(last), chunks };
  };
  const loop = async (text, more) => {
    const first = await ask(user(text), { tools: both, ...more });
    const second = await ask([...user(text), ...first.output, ...results(ofType(first, "function_call"))], { tools: both, ...more });
    return { ...facts(second), calls: facts(first).calls, reasoning: facts(first).reasoning };
  };
  const thinking = { reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"], max_output_tokens: 4000 };

  return {
    chat: async () => facts(await ask(user(hello), { instructions: "Be brief.", temperature: 0.5, max_output_tokens: 40 })),
    stream: () => stream(user(hello)),
    tool: async () => facts(await ask(user("weather?"), { tools: both })),
    tool_forced: async () => facts(await ask(user("time?"), { tools: both, tool_choice: { type: "function", name: "get_time" } })),
    tool_stream: () => stream(user("weather?"), { tools: both }),
    parallel: async () => facts(await ask(user("both, please"), { tools: both })),
    parallel_stream: () => stream(user("both, please"), { tools: both }),
    results: () => loop("both, please"),
    schema: async () => facts(await ask(user("where?"), { text: { format: { type: "json_schema", name: "place", strict: true, schema: place } } })),
    image: async () => facts(await ask(user([{ type: "input_text", text: "What?" }, { type: "input_image", image_url: `data:image/png;base64,${pixels}`, detail: "auto" }]))),
    reasoning: async () => facts(await ask(user(hello), thinking)),
    reasoning_stream: () => stream(user(hello), thinking),
    reasoning_tools: () => loop("weather?", thinking),
    length: async () => facts(await ask(user(hello), { max_output_tokens: 5 })),
    error_400: () => ask(user("hi"), { model: failing(400) }),
    error_401: () => ask(user("hi"), { model: failing(401) }),
    error_429: () => ask(user("hi"), { model: failing(429) }),
    error_529: () => ask(user("hi"), { model: failing(529) }),
    error_stream: () => stream(user("hi"), { model: failing(429) }),
    abort: async () => {
      let text = "";
      for await (const event of await ask(user("hi"), { model: hanging, stream: true })) {
        text += event.type === "response.output_text.delta" ? event.delta : "";
        if (text.length >= 6) break;
      }
      return { text };
    },
  };
}
