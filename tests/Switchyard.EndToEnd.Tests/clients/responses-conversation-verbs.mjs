import OpenAI from "openai";
import { converse, names, place, resultOf } from "./conversation.mjs";
import { timeout } from "./questions.mjs";

const tools = names.map((name) => ({ type: "function", name, description: name, parameters: place, strict: true }));
const ofType = (answer, type) => answer.output.filter((item) => item.type === type);

export default function verbs({ address, apiKey, model }) {
  const client = new OpenAI({ baseURL: `${address}v1`, apiKey, maxRetries: 0, timeout });
  const conversation = (more) => () => {
    const input = [];
    const turn = async () => {
      // Not its helper `stream()`: that adds members of its own to the output, which OpenAI itself refuses when they come back.
      let answer;
      for await (const event of await client.responses.create({ model, input, tools, store: false, stream: true, ...more })) {
        answer = event.response ?? answer;
      }
      input.push(...answer.output);
      return {
        text: ofType(answer, "message").flatMap((item) => item.content).map((part) => part.text ?? "").join(""),
        reasoning: ofType(answer, "reasoning").flatMap((item) => [...item.summary, ...(item.content ?? [])]).map((part) => part.text).join(""),
        calls: ofType(answer, "function_call"),
      };
    };
    return converse({
      ask: (content) => (input.push({ role: "user", content }), turn()),
      answer: (calls) => (
        input.push(...calls.map(({ call_id, name }) => ({ type: "function_call_output", call_id, output: resultOf(name) }))), turn()),
    });
  };
  return {
    conversation: conversation({}),
    conversation_reasoning: conversation({
      reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"], max_output_tokens: 4000,
    }),
  };
}
