// Streams an answer that each client's format cannot hold whole, and prints what each client read.
// usage: node losses.mjs ADDRESS
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { hello, timeout } from "./questions.mjs";

const address = process.argv[2].replace(/\/$/, "");
const openai = new OpenAI({ baseURL: address + "/v1", apiKey: "any", maxRetries: 0, timeout });
const anthropic = new Anthropic({ baseURL: address, apiKey: "any", maxRetries: 0, timeout });
const genai = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: address, timeout } });

const readers = {
  async "openai-chat"() {
    const answer = { text: "", finish: null, images: [] };
    for await (const { choices } of await openai.chat.completions.create({
      model: "google/script", messages: [{ role: "user", content: hello }], stream: true,
    })) {
      answer.text += choices[0].delta.content ?? "";
      answer.images.push(...(choices[0].delta.images ?? []).map((image) => image.image_url.url));
      answer.finish = choices[0].finish_reason ?? answer.finish;
    }
    return answer;
  },
  async "openai-responses"() {
    const { status: finish, output } = await openai.responses.stream({ model: "google/script", input: hello }).finalResponse();
    return {
      text: output.flatMap(({ content }) => content ?? []).map((part) => part.text).join(""),
      finish,
      images: output.filter(({ type }) => type === "image_generation_call").map(({ result }) => result),
    };
  },
  async "anthropic-messages"() {
    const message = await anthropic.messages.stream({
      model: "google/script", max_tokens: 100, messages: [{ role: "user", content: hello }],
    }).finalMessage();
    return { text: message.content.map((block) => block.text).join(""), finish: message.stop_reason, images: [] };
  },
  async gemini() {
    const answer = { text: "", finish: null, images: [] };
    for await (const { text, candidates } of await genai.models.generateContentStream({ model: "anthropic/script", contents: hello })) {
      answer.text += text ?? "";
      answer.finish = candidates[0].finishReason ?? answer.finish;
    }
    return answer;
  },
};

const read = await Promise.all(Object.entries(readers).map(async ([format, reader]) => [format, await reader()]));
console.log(JSON.stringify(Object.fromEntries(read)));
