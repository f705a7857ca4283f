using System.Text.Json.Nodes;
using Switchyard.Canonical;
using Switchyard.EndToEnd.Tests.Sdks;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>Every client against every upstream, run once; each test checks one cell.</summary>
public sealed class MatrixRun : IAsyncLifetime
{
    /// <summary>The clients and the format each speaks.</summary>
    internal static readonly (string Client, DialectId Dialect)[] Clients =
    [
        ("openai-node", DialectId.OpenAIChat),
        (OpenAIVerbs.Client, DialectId.OpenAIChat),
        ("responses-node", DialectId.OpenAIResponses),
        ("anthropic-node", DialectId.AnthropicMessages),
        (AnthropicVerbs.Client, DialectId.AnthropicMessages),
        ("genai-node", DialectId.Gemini),
        (ChatClientVerbs.Client, DialectId.Canonical),
    ];

    /// <summary>The formats of the scripted upstreams, in the order of the table.</summary>
    internal static readonly string[] UpstreamDialects = ["openai-chat", "anthropic-messages", "gemini", "bedrock-converse", "ollama"];

    private readonly Dictionary<string, Task<Dictionary<string, Dictionary<string, Outcome>>>> _runs = [];
    private Upstreams? _upstreams;

    internal Upstreams Upstreams => _upstreams!;

    public async ValueTask InitializeAsync()
    {
        _upstreams = await Upstreams.StartAsync(UpstreamDialects);
        // One after the other: on two cores they would only slow each other down.
        Task before = Task.CompletedTask;
        foreach (var (client, _) in Clients)
            before = _runs[client] = RunAsync(client, before);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs.Values)
            await run.ContinueWith(_ => { }, TaskScheduler.Default);
        await Upstreams.DisposeAsync();
    }

    /// <summary>The result of one cell.</summary>
    internal async Task<Outcome> OfAsync(string client, string upstream, string verb)
    {
        if (client.EndsWith("-node", StringComparison.Ordinal))
            NodeProcess.SkipUnlessInstalled();
        return (await _runs[client])[upstream][verb];
    }

    private async Task<Dictionary<string, Dictionary<string, Outcome>>> RunAsync(string client, Task before)
    {
        await before.ContinueWith(_ => { }, TaskScheduler.Default);
        if (client.EndsWith("-node", StringComparison.Ordinal))
            return await RunNodeAsync(client[..^"-node".Length]);
        var outcomes = new Dictionary<string, Dictionary<string, Outcome>>();
        foreach (var upstream in Upstreams.All)
        {
            var aim = upstream.AimAt(Upstreams.Gateway.Address);
            outcomes[upstream.Dialect] = client switch
            {
                OpenAIVerbs.Client => await RunAllAsync(new OpenAIVerbs(aim).All, OpenAIVerbs.Failed),
                AnthropicVerbs.Client => await RunAllAsync(new AnthropicVerbs(aim).All, AnthropicVerbs.Failed),
                _ => await RunAllAsync(new ChatClientVerbs(Upstreams.Gateway.Engine, aim).All, ChatClientVerbs.Failed),
            };
        }

        return outcomes;
    }

    private async Task<Dictionary<string, Dictionary<string, Outcome>>> RunNodeAsync(string client)
    {
        var upstreams = new JsonObject();
        foreach (var upstream in Upstreams.All)
        {
            var aim = upstream.AimAt(Upstreams.Gateway.Address);
            upstreams[upstream.Dialect] = new JsonObject { ["model"] = aim.Model, ["stem"] = aim.Stem };
        }

        return await RunNodeAsync(client, Upstreams.Gateway.Address, upstreams);
    }

    /// <summary>Runs a JavaScript client against an address.</summary>
    internal static async Task<Dictionary<string, Dictionary<string, Outcome>>> RunNodeAsync(
        string client, Uri address, JsonObject upstreams, string key = "any") =>
        Outcome.Parse(await NodeProcess.RunAsync("matrix.mjs", client, address.ToString(), upstreams.ToJsonString(), key));

    private static async Task<Dictionary<string, Outcome>> RunAllAsync(
        Dictionary<string, Func<Task<Seen>>> verbs, Func<Exception, Outcome> failed)
    {
        var outcomes = await Task.WhenAll(verbs.Select(async verb =>
        {
            try
            {
                return (verb.Key, Outcome: new Outcome { Value = await verb.Value() });
            }
            catch (Exception thrown)
            {
                return (verb.Key, Outcome: failed(thrown));
            }
        }));
        return outcomes.ToDictionary(outcome => outcome.Key, outcome => outcome.Outcome);
    }
}
