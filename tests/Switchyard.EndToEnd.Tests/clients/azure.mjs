// Runs the official client of Azure OpenAI against a gateway and prints one JSON object: each scenario's name with what came of it.
// usage: node azure.mjs BASE_URL
import { AzureOpenAI, toFile } from "openai";

const client = new AzureOpenAI({
  endpoint: new URL(process.argv[2]).origin, apiKey: "any", apiVersion: "2024-10-21", maxRetries: 0, timeout: 60_000,
});
const model = "openai/gpt-script";
const messages = [{ role: "user", content: "Grüße" }];

const scenarios = {
  chat: async () => (await client.chat.completions.create({ model, messages })).choices[0].message.content,
  stream: async () => {
    let text = "";
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) text += chunk.choices[0]?.delta.content ?? "";
    return text;
  },
  deployment: async () => {
    const one = new AzureOpenAI({
      endpoint: new URL(process.argv[2]).origin, apiKey: "any", apiVersion: "2024-10-21", deployment: model, maxRetries: 0,
    });
    return (await one.chat.completions.create({ model: "something-else", messages })).choices[0].message.content;
  },
  embeddings: async () => (await client.embeddings.create({ model: "openai/embed-script", input: "one", dimensions: 3 })).data[0].embedding.length,
  models: async () => {
    const ids = [];
    for await (const one of client.models.list()) ids.push(one.id);
    return ids.includes("openai/gpt-script");
  },
  transcription: async () => (await client.audio.transcriptions.create({
    file: await toFile(Buffer.alloc(1000, 1), "a.wav"), model: "openai/whisper-script", language: "de",
  })).text,
  unknown_model: () => client.chat.completions.create({ model: "nobody-has-this", messages }),
};

const outcome = {};
await Promise.all(Object.entries(scenarios).map(async ([name, run]) => {
  try {
    outcome[name] = { value: await run() };
  } catch (error) {
    outcome[name] = { error: error.constructor.name, status: error.status, code: error.code, message: error.message };
  }
}));
console.log(JSON.stringify(outcome));
