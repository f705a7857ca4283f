using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>
/// The engine's client as the innermost of a pipeline made with <see cref="ChatClientBuilder"/>, as other .NET libraries expect.
/// </summary>
public sealed class ChatClientBuilderTests : IAsyncLifetime
{
    private const string AskForOslo =
        """[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]""";

    private FakeUpstream _upstream = null!;
    private Given _given = null!;

    private IChatClient Client => new SwitchyardChatClient(_given.Engine, "up/some-model");

    public async ValueTask InitializeAsync()
    {
        _upstream = await FakeUpstream.StartAsync();
        _given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = _upstream.BaseUrl });
    }

    public async ValueTask DisposeAsync()
    {
        await _given.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Functions_are_called_and_their_results_sent_back()
    {
        _upstream
            .ThenJson(Some.ChatCompletion().Replace(
                "\"content\":\"Hello there!\"", $"\"content\":null,\"tool_calls\":{AskForOslo}", StringComparison.Ordinal))
            .ThenJson(Some.ChatCompletion("It snows in Oslo."));
        using var client = Client.AsBuilder().UseFunctionInvocation().Build();
        var answer = await client.GetResponseAsync("Weather?", new ChatOptions { Tools = [Weather()] });

        Assert.Equal("It snows in Oslo.", answer.Text);
        Assert.Equal(24, answer.Usage!.TotalTokenCount);
        AssertResultWasSent();
    }

    [Fact]
    public async Task Functions_are_called_in_streams_too()
    {
        _upstream
            .ThenStream(
                Some.Chunk($$"""{"role":"assistant","content":null,"tool_calls":{{AskForOslo}}}"""), Some.Chunk("{}", "\"tool_calls\""),
                Some.Done)
            .ThenStream(Some.ChatStream());
        using var client = Client.AsBuilder().UseFunctionInvocation().Build();
        var updates = await client.GetStreamingResponseAsync("Weather?", new ChatOptions { Tools = [Weather()] }).ToListAsync();

        Assert.Equal("Hi there", string.Concat(updates.Select(update => update.Text)));
        AssertResultWasSent();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Under_an_idempotency_key_each_round_of_functions_is_a_request_of_its_own(bool stream)
    {
        using var client = new ScriptedClient(number => number switch
        {
            1 => [new FunctionCallContent("call_1", "weather", new Dictionary<string, object?> { ["city"] = "Oslo" })],
            2 => [new FunctionCallContent("call_2", "weather", new Dictionary<string, object?> { ["city"] = "Bergen" })],
            _ => ["It snows."],
        });
        await using var given = Given.AnEngineWith(client);
        using var calling = given.Chat.AsBuilder().UseFunctionInvocation().Build();
        // Once shows the rounds; twice shows that a run that is repeated is answered with what was kept.
        for (var time = 0; time < (stream ? 1 : 2); time++)
        {
            var options = new ChatOptions
            {
                Tools = [Weather()],
                AdditionalProperties = new() { [AnswerFacts.IdempotencyKey] = "k-1" },
            };
            var answer = stream
                ? await calling.GetStreamingResponseAsync("Weather?", options).ToChatResponseAsync()
                : await calling.GetResponseAsync("Weather?", options);
            Assert.Equal("It snows.", answer.Messages[^1].Text);
        }

        Assert.Equal(3, client.Asked.Count);
    }

    [Fact]
    public async Task An_answer_can_be_cached_with_where_it_came_from()
    {
        _upstream.ThenJson(Some.ChatCompletion()).ThenStream(Some.ChatStream(usage: true));
        var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        using var client = Client.AsBuilder().UseDistributedCache(cache).Build();
        await client.GetResponseAsync("Hello");
        var again = await client.GetResponseAsync("Hello");
        await client.GetStreamingResponseAsync("Hello").ToListAsync();
        var streamedAgain = await client.GetStreamingResponseAsync("Hello").ToListAsync();

        Assert.Equal(("Hello there!", 12L), (again.Text, again.Usage!.TotalTokenCount));
        Assert.Equal("up", again.AdditionalProperties![AnswerFacts.Provider]?.ToString());
        Assert.Equal("Hi there", string.Concat(streamedAgain.Select(update => update.Text)));
        Assert.Equal(2, _upstream.Requests.Count);
    }

    [Fact]
    public async Task Telemetry_names_the_engine_the_model_and_the_tokens()
    {
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == nameof(ChatClientBuilderTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        _upstream.ThenJson(Some.ChatCompletion());
        using var client = Client.AsBuilder().UseOpenTelemetry(sourceName: nameof(ChatClientBuilderTests)).Build();
        await client.GetResponseAsync("Hello");

        var activity = Assert.Single(ended);
        Assert.Equal("chat up/some-model", activity.DisplayName);
        Assert.Equal("switchyard", activity.GetTagItem("gen_ai.provider.name"));
        Assert.Equal("some-model-2026", activity.GetTagItem("gen_ai.response.model"));
        Assert.Equal((9, 3), (activity.GetTagItem("gen_ai.usage.input_tokens"), activity.GetTagItem("gen_ai.usage.output_tokens")));
    }

    private static AIFunction Weather() => AIFunctionFactory.Create((string city) => $"snow in {city}", "weather");

    private void AssertResultWasSent()
    {
        Assert.Equal(2, _upstream.Requests.Count);
        var second = _upstream.LastRequest.Text;
        Assert.Contains("\"tool_call_id\":\"call_1\"", second, StringComparison.Ordinal);
        Assert.Contains("snow in Oslo", second, StringComparison.Ordinal);
    }
}
