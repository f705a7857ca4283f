// Runs every verb of one client against every model given and prints one JSON object: upstream, verb, and what came of it.
// usage: node matrix.mjs CLIENT ADDRESS '{"UPSTREAM":{"model":"provider/model","stem":"provider/stem"}}' [KEY]
const [client, address, upstreams, apiKey = "any"] = process.argv.slice(2);
const { default: verbsOf } = await import(`./${client}-verbs.mjs`);

const outcome = {};
await Promise.all(Object.entries(JSON.parse(upstreams)).flatMap(([upstream, { model, stem }]) => {
  outcome[upstream] = {};
  const verbs = verbsOf({ address, apiKey, model, failing: (status) => `${stem}-error-${status}`, hanging: `${stem}-hang-${client}` });
  return Object.entries(verbs).map(async ([verb, run]) => {
    try {
      outcome[upstream][verb] = { value: await run() };
    } catch (error) {
      outcome[upstream][verb] = {
        error: error.constructor.name, status: error.status ?? null, message: error.message, retryAfter: error.headers?.get?.("retry-after") ?? null,
      };
    }
  });
}));
console.log(JSON.stringify(outcome));
