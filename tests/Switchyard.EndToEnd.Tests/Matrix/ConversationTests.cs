using System.Text.Json.Nodes;
using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.EndToEnd.Tests.Upstream;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>
/// A streamed conversation of several turns with tools: every JavaScript client runs it with every provider's format, and sends back the
/// history it keeps. The scripted APIs refuse a history their vendor would refuse, and the last answer repeats all the model has said.
/// </summary>
public sealed class ConversationTests(ConversationRun run) : IClassFixture<ConversationRun>
{
    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string>();
            foreach (var client in ConversationRun.Clients)
            {
                foreach (var upstream in ConversationRun.UpstreamDialects)
                {
                    foreach (var verb in ConversationRun.Verbs)
                        cells.Add(client, upstream, verb);
                }
            }

            return cells;
        }
    }

    [Covers("X3", "X14", "X15")]
    [Theory, MemberData(nameof(Cells))]
    public async Task A_client_holds_a_conversation_and_sends_back_what_it_keeps(string client, string upstream, string verb)
    {
        NodeProcess.SkipUnlessInstalled();
        Check(upstream, verb, await run.OfAsync(client, upstream, verb));
    }

    /// <summary>docs/compatibility.md matches the results of this run. SWITCHYARD_WRITE_DOCS=1 writes it.</summary>
    [Fact]
    public async Task The_conversations_in_the_documentation_are_what_was_found()
    {
        NodeProcess.SkipUnlessInstalled();
        var found = new HashSet<(string, string, string)>();
        foreach (var row in Cells)
        {
            var (client, upstream, verb) = row.Data;
            try
            {
                Check(upstream, verb, await run.OfAsync(client, upstream, verb));
                found.Add((client, upstream, verb));
            }
            catch (Exception)
            {
                // The test of the cell reports the failure; the table only omits it.
            }
        }

        CompatibilityPage.CheckConversations(found);
    }

    private static void Check(string upstream, string verb, Outcome outcome)
    {
        Assert.True(outcome.Value is not null, outcome.ToString());
        Assert.Equal("get_weather+get_time get_weather", outcome.Value.Finish);
        // The text of Cohere's models before a call is their plan, not part of their answer.
        var before = upstream == "cohere" ? "" : "Let me      see\\. \\| ";
        const string Weather = "(get_weather|call_1)=get_weather is done", Time = "(get_time|call_2)=get_time is done";
        // The model numbers its calls from the start in each answer; a translated call gets a unique id.
        const string Again = "(get_weather|call_1|call_1_2)=get_weather is done";
        Assert.Matches(
            $"^Said: You said: just talk 世界 👋 \\| Results: {Weather}; {Time} \\| {before}Results: {Again}$", outcome.Value.Text!);
        if (verb == "conversation_reasoning")
            Assert.StartsWith(ModelScript.Thought, outcome.Value.Reasoning, StringComparison.Ordinal);
    }
}

/// <summary>Every conversation, run once; each test checks one cell.</summary>
public sealed class ConversationRun : IAsyncLifetime
{
    internal static readonly string[] Clients = ["openai-node", "responses-node", "anthropic-node", "genai-node"];

    internal static readonly string[] UpstreamDialects =
        ["openai-chat", "openai-responses", "anthropic-messages", "gemini", "bedrock-converse", "cohere", "ollama"];

    internal static readonly string[] Verbs = ["conversation", "conversation_reasoning"];

    private readonly Dictionary<string, Task<Dictionary<string, Dictionary<string, Outcome>>>> _runs = [];
    private Upstreams? _upstreams;

    public async ValueTask InitializeAsync()
    {
        _upstreams = await Upstreams.StartAsync(UpstreamDialects);
        Task before = Task.CompletedTask;
        foreach (var client in Clients)
            before = _runs[client] = RunAsync(client, before);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs.Values)
            await run.ContinueWith(_ => { }, TaskScheduler.Default);
        await _upstreams!.DisposeAsync();
    }

    internal async Task<Outcome> OfAsync(string client, string upstream, string verb) => (await _runs[client])[upstream][verb];

    // One after the other: on two cores they would only slow each other down.
    private async Task<Dictionary<string, Dictionary<string, Outcome>>> RunAsync(string client, Task before)
    {
        await before.ContinueWith(_ => { }, TaskScheduler.Default);
        var models = new JsonObject();
        foreach (var upstream in _upstreams!.All)
        {
            var aim = upstream.AimAt(_upstreams.Gateway.Address);
            models[upstream.Dialect] = new JsonObject { ["model"] = aim.Model, ["stem"] = aim.Stem };
        }

        var script = client.Replace("-node", "-conversation", StringComparison.Ordinal);
        return await MatrixRun.RunNodeAsync(script, _upstreams.Gateway.Address, models);
    }
}
