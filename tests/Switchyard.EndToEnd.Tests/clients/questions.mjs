// What every client asks, so that only the client differs.
export const place = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};
export const hello = "Grüße, 世界 👋";
export const pixels = "iVBORwECAw==";
export const timeout = 60_000;

/** The result of a call: it names the function, so that a result bound to the wrong call shows. */
export const resultOf = (name) => `${name} is done`;
