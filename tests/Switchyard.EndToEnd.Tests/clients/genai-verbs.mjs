import { GoogleGenAI } from "@google/genai";
import { hello, pixels, place, resultOf, timeout } from "./questions.mjs";

const finishes = { STOP: "stop", MAX_TOKENS: "length", SAFETY: "filter" };
const user = (...parts) => [{ role: "user", parts: parts.map((part) => (typeof part === "string" ? { text: part } : part)) }];
const tool = (name) => ({ name, description: name, parametersJsonSchema: place });
const both = [{ functionDeclarations: [tool("get_weather"), tool("get_time")] }];
const results = (calls) => ({
  role: "user", parts: calls.map(({ id, name }) => ({ functionResponse: { ...(id && { id }), name, response: { output: resultOf(name) } } })),
});

/** The facts of one answer, or of the pieces of a streamed one. */
function facts(...answers) {
  const parts = answers.flatMap((answer) => answer.candidates?.[0]?.content?.parts ?? []);
  const usage = answers.findLast((answer) => answer.usageMetadata)?.usageMetadata ?? {};
  return {
    text: parts.filter((part) => part.text && !part.thought).map((part) => part.text).join(""),
    reasoning: parts.filter((part) => part.text && part.thought).map((part) => part.text).join(""),
    finish: finishes[answers.findLast((answer) => answer.candidates?.[0]?.finishReason)?.candidates[0].finishReason],
    calls: parts.filter((part) => part.functionCall).map(({ functionCall: { id, name, args } }) => ({ id, name, arguments: args })),
    input: usage.promptTokenCount,
    output: usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0),
  };
}

export default function verbs({ address, apiKey, model, failing, hanging }) {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: address, timeout } });
  const ask = async (contents, config, name = model) => client.models.generateContent({ model: name, contents, config });
  const stream = async (contents, config, name = model) => {
    const answers = [];
    for await (const answer of await client.models.generateContentStream({ model: name, contents, config })) answers.push(answer);
    return { ...facts(...answers), chunks: answers.length };
  };
  const loop = async (text, config) => {
    const first = await ask(user(text), { tools: both, ...config });
    const { calls, reasoning } = facts(first);
    const second = await ask([...user(text), first.candidates[0].content, results(calls)], { tools: both, ...config });
    return { ...facts(second), calls, reasoning };
  };
  const thinking = { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 }, maxOutputTokens: 4000 };

  return {
    chat: async () => facts(await ask(user(hello), { systemInstruction: "Be brief.", temperature: 0.5 })),
    stream: () => stream(user(hello)),
    tool: async () => facts(await ask(user("weather?"), { tools: both })),
    tool_forced: async () => facts(await ask(user("time?"), {
      tools: both, toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["get_time"] } },
    })),
    tool_stream: () => stream(user("weather?"), { tools: both }),
    parallel: async () => facts(await ask(user("both, please"), { tools: both })),
    parallel_stream: () => stream(user("both, please"), { tools: both }),
    results: () => loop("both, please"),
    schema: async () => facts(await ask(user("where?"), { responseMimeType: "application/json", responseJsonSchema: place })),
    image: async () => facts(await ask(user("What?", { inlineData: { mimeType: "image/png", data: pixels } }))),
    reasoning: async () => facts(await ask(user(hello), thinking)),
    reasoning_stream: () => stream(user(hello), thinking),
    reasoning_tools: () => loop("weather?", thinking),
    stop: async () => facts(await ask(user("one END two"), { stopSequences: ["END"] })),
    length: async () => facts(await ask(user(hello), { maxOutputTokens: 5 })),
    error_400: () => ask(user("hi"), {}, failing(400)),
    error_401: () => ask(user("hi"), {}, failing(401)),
    error_429: () => ask(user("hi"), {}, failing(429)),
    error_529: () => ask(user("hi"), {}, failing(529)),
    error_stream: () => stream(user("hi"), {}, failing(429)),
    abort: async () => {
      const leave = new AbortController();
      let text = "";
      try {
        const answers = await client.models.generateContentStream({ model: hanging, contents: user("hi"), config: { abortSignal: leave.signal } });
        for await (const answer of answers) {
          text += answer.candidates?.[0]?.content?.parts?.[0]?.text ?? "";
          if (text.length >= 6) break;
        }
      } finally {
        leave.abort();
      }
      return { text };
    },
  };
}
