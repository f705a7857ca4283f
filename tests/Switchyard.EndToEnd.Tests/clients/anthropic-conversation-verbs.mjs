import Anthropic from "@anthropic-ai/sdk";
import { converse, names, place, resultOf } from "./conversation.mjs";
import { timeout } from "./questions.mjs";

const tools = names.map((name) => ({ name, description: name, input_schema: place }));
const ofType = (message, type) => message.content.filter((block) => block.type === type);

export default function verbs({ address, apiKey, model }) {
  const client = new Anthropic({ baseURL: address.replace(/\/$/, ""), apiKey, maxRetries: 0, timeout });
  const conversation = (more) => () => {
    const messages = [];
    const turn = async () => {
      const message = await client.messages.stream({ model, messages, tools, max_tokens: 4000, ...more }).finalMessage();
      messages.push({ role: "assistant", content: message.content });
      return {
        text: ofType(message, "text").map((block) => block.text).join(""),
        reasoning: ofType(message, "thinking").map((block) => block.thinking).join(""),
        calls: ofType(message, "tool_use"),
      };
    };
    const say = (content) => (messages.push({ role: "user", content }), turn());
    return converse({
      ask: say,
      answer: (calls) => say(calls.map(({ id, name }) => ({ type: "tool_result", tool_use_id: id, content: resultOf(name) }))),
    });
  };
  return {
    conversation: conversation({}),
    conversation_reasoning: conversation({ thinking: { type: "enabled", budget_tokens: 1024 } }),
  };
}
