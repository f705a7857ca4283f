// A conversation of several streamed turns, the same for every client: each holds it as its users do and sends back what it keeps itself.
import { place, resultOf } from "./questions.mjs";

/** What the user says: the model answers in words, calls both tools at once, speaks before it calls, and tells what it has said. */
const questions = ["just talk 世界 👋", "both, please", "weather? say first", "recite"];

export const names = ["get_weather", "get_time"];
export { place, resultOf };

/**
 * Holds the conversation with one client.
 * @param client ask(text) and answer(calls) stream a turn each and keep it; both give {text, reasoning, calls}, the calls as the client has them
 * and each with `name`.
 */
export async function converse({ ask, answer }) {
  const told = { text: [], reasoning: [], calls: [] };
  const note = ({ text, reasoning, calls }) => {
    if (text) told.text.push(text);
    if (reasoning) told.reasoning.push(reasoning);
    told.calls.push(calls.map((call) => call.name).join("+"));
  };
  for (const question of questions) {
    let turn = await ask(question);
    note(turn);
    if (turn.calls.length > 0) {
      turn = await answer(turn.calls);
      note(turn);
    }
  }
  return { text: told.text.at(-1), reasoning: told.reasoning[0], finish: told.calls.filter((call) => call).join(" "), calls: [] };
}
