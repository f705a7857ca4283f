// Runs the official client against a gateway and prints one JSON object: each scenario's name with what came of it.
// usage: node openai.mjs BASE_URL
import OpenAI, { toFile } from "openai";

const baseURL = process.argv[2];
const client = new OpenAI({ baseURL, apiKey: "any", maxRetries: 0, timeout: 60_000 });
const model = "openai/gpt-script";
const place = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};
const tool = (name) => ({ type: "function", function: { name, description: name, parameters: place } });
const user = (content) => [{ role: "user", content }];

async function collect(stream) {
  const said = { text: "", calls: [], chunks: 0, finish: null, usage: null };
  for await (const chunk of stream) {
    said.chunks++;
    said.usage = chunk.usage ?? said.usage;
    for (const choice of chunk.choices) {
      said.text += choice.delta.content ?? "";
      said.finish = choice.finish_reason ?? said.finish;
      for (const piece of choice.delta.tool_calls ?? []) {
        const call = (said.calls[piece.index] ??= { id: "", name: "", arguments: "", pieces: 0 });
        call.pieces++;
        call.id += piece.id ?? "";
        call.name += piece.function?.name ?? "";
        call.arguments += piece.function?.arguments ?? "";
      }
    }
  }
  return said;
}

const failing = (status, stream) => () => client.chat.completions.create({ model: `openai/gpt-error-${status}`, messages: user("hi"), stream });

const scenarios = {
  chat: async () => {
    const answer = await client.chat.completions.create({
      model, messages: [{ role: "developer", content: "Be brief." }, ...user("Grüße, 世界 👋")], temperature: 0.5, max_completion_tokens: 40, n: 2,
    });
    return { text: answer.choices.map((choice) => choice.message.content), usage: answer.usage, finish: answer.choices[0].finish_reason };
  },
  headers: async () => {
    const { response, request_id } = await client.chat.completions.create({ model, messages: user("hi") }).withResponse();
    return { provider: response.headers.get("x-switchyard-provider"), id: request_id };
  },
  stream: async () => collect(await client.chat.completions.create({ model, messages: user("Grüße, 世界 👋"), stream: true })),
  stream_usage: async () => collect(await client.chat.completions.create({
    model, messages: user("hi"), stream: true, stream_options: { include_usage: true },
  })),
  stream_helper: async () => {
    const run = client.chat.completions.stream({ model, messages: user("both, please"), tools: [tool("get_weather"), tool("get_time")] });
    const message = (await run.finalChatCompletion()).choices[0].message;
    return message.tool_calls.map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments).days]);
  },
  tools: async () => {
    const tools = [tool("get_weather"), tool("get_time")];
    const first = await client.chat.completions.create({ model, messages: user("both, please"), tools });
    const calls = first.choices[0].message.tool_calls;
    const second = await client.chat.completions.create({
      model,
      tools,
      messages: [...user("both, please"), first.choices[0].message, ...calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: "done " + call.id }))],
    });
    return { finish: first.choices[0].finish_reason, calls: calls.map((call) => call.function.name), text: second.choices[0].message.content };
  },
  run_tools: async () => {
    const seen = [];
    const runner = client.chat.completions.runTools({
      model,
      messages: user("weather"),
      tools: [{ type: "function", function: { name: "get_weather", description: "w", parameters: place, parse: JSON.parse, function: (args) => { seen.push(args.days); return "sunny"; } } }],
    });
    return { text: await runner.finalContent(), seen };
  },
  stream_tools: async () => collect(await client.chat.completions.create({
    model, messages: user("weather"), stream: true, tools: [tool("get_weather")], tool_choice: "required",
  })),
  schema: async () => {
    const answer = await client.chat.completions.parse({
      model, messages: user("where?"), response_format: { type: "json_schema", json_schema: { name: "place", strict: true, schema: place } },
    });
    return JSON.parse(answer.choices[0].message.content).days;
  },
  image: async () => (await client.chat.completions.create({
    model,
    messages: user([
      { type: "text", text: "What?" },
      { type: "image_url", image_url: { url: "data:image/png;base64,iVBORwECAw==", detail: "high" } },
    ]),
  })).choices[0].message.content,
  embeddings: async () => {
    const asked = { model: "openai/embed-script", input: ["one", "three"], dimensions: 3 };
    const given = async (more) => (await client.embeddings.create({ ...asked, ...more })).data.map((one) => one.embedding);
    const [usual, floats, base64] = [await given({}), await given({ encoding_format: "float" }), await given({ encoding_format: "base64" })];
    return { usual, floats, base64 };
  },
  models: async () => {
    const ids = [];
    for await (const one of client.models.list()) ids.push(one.id);
    return ids;
  },
  moderation: async () => (await client.moderations.create({ model: "openai/mod-script", input: ["good", "bad"] })).results.map((one) => one.flagged),
  image_generate: async () => {
    const answer = await client.images.generate({ model: "openai/gpt-image-script", prompt: "a cat", size: "1024x1024", n: 2 });
    return { images: answer.data.map((one) => Buffer.from(one.b64_json, "base64").toString()), usage: answer.usage.total_tokens };
  },
  speech: async () => {
    const answer = await client.audio.speech.create({ model: "openai/tts-script", voice: "alloy", input: "Grüße" });
    return { type: answer.headers.get("content-type"), audio: Buffer.from(await answer.arrayBuffer()).toString() };
  },
  transcription: async () => (await client.audio.transcriptions.create({
    file: await toFile(Buffer.alloc(2_000_000, "\r\n--"), "Grüße.wav"), model: "openai/whisper-script", language: "de",
  })).text,
  transcription_stream: async () => {
    const types = [];
    const stream = await client.audio.transcriptions.create({
      file: await toFile(Buffer.alloc(1000, 1), "a.wav"), model: "openai/whisper-script", language: "en", stream: true,
    });
    for await (const event of stream) types.push(event.type);
    return types;
  },
  error_400: failing(400, false),
  error_401: failing(401, false),
  error_404: failing(404, false),
  error_422: failing(422, false),
  error_429: failing(429, false),
  error_500: failing(500, false),
  stream_error_429: failing(429, true),
  bad_request: () => client.chat.completions.create({ model, messages: [{ role: "user", content: "hi" }], temperature: 3 }),
  unknown_model: () => client.chat.completions.create({ model: "nobody-has-this", messages: user("hi") }),
  abort: async () => {
    const stream = await client.chat.completions.create({ model: "openai/gpt-hang", messages: user("hi"), stream: true });
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (text.length >= 6) break;
    }
    return text;
  },
};

const outcome = {};
await Promise.all(Object.entries(scenarios).map(async ([name, run]) => {
  try {
    outcome[name] = { value: await run() };
  } catch (error) {
    outcome[name] = {
      error: error.constructor.name, status: error.status, code: error.code, type: error.type, param: error.param, message: error.message,
      retryAfter: error.headers?.get?.("retry-after"),
    };
  }
}));
console.log(JSON.stringify(outcome));
