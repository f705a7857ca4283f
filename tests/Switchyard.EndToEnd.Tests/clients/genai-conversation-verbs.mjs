import { GoogleGenAI } from "@google/genai";
import { converse, names, place, resultOf } from "./conversation.mjs";
import { timeout } from "./questions.mjs";

const tools = [{ functionDeclarations: names.map((name) => ({ name, description: name, parametersJsonSchema: place })) }];

export default function verbs({ address, apiKey, model }) {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: address, timeout } });
  const conversation = (more) => () => {
    // Its chat keeps the history: one content for every chunk of an answer.
    const chat = client.chats.create({ model, config: { tools, ...more } });
    const turn = async (message) => {
      const parts = [];
      for await (const answer of await chat.sendMessageStream({ message })) parts.push(...(answer.candidates?.[0]?.content?.parts ?? []));
      const textOf = (thought) => parts.filter((part) => part.text && !!part.thought === thought).map((part) => part.text).join("");
      return { text: textOf(false), reasoning: textOf(true), calls: parts.filter((part) => part.functionCall).map((part) => part.functionCall) };
    };
    return converse({
      ask: turn,
      answer: (calls) => turn(
        calls.map(({ id, name }) => ({ functionResponse: { ...(id && { id }), name, response: { output: resultOf(name) } } }))),
    });
  };
  return {
    conversation: conversation({}),
    conversation_reasoning: conversation({ thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 }, maxOutputTokens: 4000 }),
  };
}
