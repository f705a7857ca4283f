// Asks with every client's own retries against a budget that is used up, and prints the status each was told.
// usage: node budget.mjs ADDRESS
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { hello, timeout } from "./questions.mjs";

const address = process.argv[2].replace(/\/$/, "");
const openai = new OpenAI({ baseURL: address + "/v1", apiKey: "any", timeout });
const anthropic = new Anthropic({ baseURL: address, apiKey: "any", timeout });
const genai = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: address, timeout } });
const model = "up/some-model";
const messages = [{ role: "user", content: hello }];

const questions = {
  "openai-chat": () => openai.chat.completions.create({ model, messages, max_tokens: 50 }),
  "openai-stream": () => openai.chat.completions.create({ model, messages, max_tokens: 50, stream: true }),
  "openai-responses": () => openai.responses.create({ model, input: hello, max_output_tokens: 50 }),
  "anthropic": () => anthropic.messages.create({ model, max_tokens: 50, messages }),
  "anthropic-stream": () => anthropic.messages.stream({ model, max_tokens: 50, messages }).finalMessage(),
  "gemini": () => genai.models.generateContent({ model, contents: hello, config: { maxOutputTokens: 50 } }),
};

const told = {};
for (const [name, ask] of Object.entries(questions)) {
  try {
    await ask();
    told[name] = 200;
  } catch (error) {
    told[name] = error.status;
  }
}
console.log(JSON.stringify(told));
