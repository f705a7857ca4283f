import OpenAI from "openai";
import { converse, names, place, resultOf } from "./conversation.mjs";
import { timeout } from "./questions.mjs";

const tools = names.map((name) => ({ type: "function", function: { name, description: name, parameters: place } }));

export default function verbs({ address, apiKey, model }) {
  const client = new OpenAI({ baseURL: `${address}v1`, apiKey, maxRetries: 0, timeout });
  const conversation = (more) => () => {
    const messages = [];
    const turn = async () => {
      const run = client.chat.completions.stream({ model, messages, tools, stream_options: { include_usage: true }, ...more });
      let reasoning = "";
      for await (const chunk of run) reasoning += chunk.choices[0]?.delta.reasoning_content ?? "";
      const message = await run.finalMessage();
      messages.push(message);
      const calls = (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name }));
      return { text: message.content, reasoning, calls };
    };
    return converse({
      ask: (content) => (messages.push({ role: "user", content }), turn()),
      answer: (calls) => (messages.push(...calls.map(({ id, name }) => ({ role: "tool", tool_call_id: id, content: resultOf(name) }))), turn()),
    });
  };
  return {
    conversation: conversation({}),
    conversation_reasoning: conversation({ reasoning_effort: "low", max_completion_tokens: 4000 }),
  };
}
