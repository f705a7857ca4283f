using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Money;

/// <summary>With a strict ledger the end of an answer waits until the call is on disk, and is held back if it cannot be written.</summary>
public sealed class StrictLedgerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_an_answer_waits_for_the_disk(bool streamed)
    {
        var ledger = new HeldLedger();
        await using var given = AnEngine(ledger);
        var asking = AskAsync(given, streamed);
        await ledger.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);

        Assert.False(asking.IsCompleted);
        ledger.Written.SetResult();
        Assert.Equal("hello", await asking);
        var entry = Assert.Single(ledger.Entries);
        Assert.Equal((LedgerOutcome.Finished, "acme", "small"), (entry.Outcome, entry.Provider, entry.Model));
        Assert.Equal(Assert.Single(ledger.Begun).Call, entry.Call);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_cannot_be_written_down_is_held_back_and_says_why(bool streamed)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetException(new IOException("no space left on device"));
        await using var given = AnEngine(ledger);

        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given, streamed))).Error;

        Assert.Equal(("ledger_unavailable", 503), (error.WireCode, error.Status));
        Assert.Single(ledger.Entries);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_the_ledger_cannot_be_written_no_call_is_sent_and_the_gateway_is_not_ready(bool streamed)
    {
        var ledger = new HeldLedger
        {
            Trouble = new() { Reason = "The disk is full.", Since = DateTimeOffset.UnixEpoch, StopsDurableCalls = true },
        };
        ledger.Written.SetResult();
        var client = new ScriptedClient("hello");
        await using var given = AnEngine(ledger, client: client);

        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given, streamed))).Error;

        Assert.Equal(("ledger_unavailable", 503), (error.WireCode, error.Status));
        Assert.Empty(client.Asked);
        Assert.Empty(ledger.Begun);
        Assert.Empty(ledger.Entries);
        Assert.Contains("the ledger cannot be written", given.Engine.NotReady, StringComparison.Ordinal);

        ledger.Trouble = null;
        Assert.Equal("hello", await AskAsync(given, streamed));
        Assert.Null(given.Engine.NotReady);
    }

    [Fact]
    public async Task While_only_the_database_that_entries_are_copied_to_is_away_calls_are_served()
    {
        var ledger = new HeldLedger { Trouble = new() { Reason = "PostgreSQL is unavailable.", Since = DateTimeOffset.UnixEpoch } };
        ledger.Written.SetResult();
        await using var given = AnEngine(ledger);

        Assert.Equal("hello", await AskAsync(given, streamed: false));
        Assert.Null(given.Engine.NotReady);
    }

    [Fact]
    public async Task An_answer_from_the_cache_is_written_down_and_costs_nothing()
    {
        var ledger = new HeldLedger();
        ledger.Written.SetResult();
        await using var given = AnEngine(ledger, options => options.Cache = new CacheOptions { Enabled = true });
        await AskAsync(given, streamed: false);
        await AskAsync(given, streamed: false);

        Assert.Equal([LedgerOutcome.Finished, LedgerOutcome.Cached], ledger.Entries.Select(entry => entry.Outcome));
        Assert.Equal(("acme", "small", 0), (ledger.Entries[1].Provider, ledger.Entries[1].Model, ledger.Entries[1].Cost.Total));
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task A_whole_answer_that_is_held_back_is_an_error_with_a_status_over_HTTP(string path)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetException(new IOException("no space left on device"));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await AGatewayAsync(upstream, ledger);
        upstream.ThenJson(Some.ChatCompletion("hello"));

        using var response = await gateway.PostAsync(path, Some.ChatRequest("fast", extra: ",\"max_tokens\":20"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("its answer is held back", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(20)]
    public async Task The_end_of_a_forwarded_stream_that_cannot_be_written_down_is_held_back_read_ahead_or_not(int? chunks)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetException(new IOException("no space left on device"));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await AGatewayAsync(upstream, ledger, chunks);
        upstream.ThenStream(Some.ChatStream(usage: true));

        var text = await AskAsync(gateway, "/v1/chat/completions", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");

        Assert.Contains("ledger_unavailable", text, StringComparison.Ordinal);
        // The only one follows the error event: the provider's own was held back.
        Assert.Equal(2, text.Split("[DONE]").Length);
    }

    [Fact]
    public async Task What_a_forwarded_stream_used_is_written_down_although_its_end_comes_apart()
    {
        var ledger = new HeldLedger();
        ledger.Written.SetResult();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await AGatewayAsync(upstream, ledger);
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(string.Concat(Some.ChatStream(usage: true)[..^1]));
            await http.Response.Body.FlushAsync();
            await ledger.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await http.Response.WriteAsync(Some.Done);
        });

        await AskAsync(gateway, "/v1/chat/completions", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");

        var entry = Assert.Single(ledger.Entries);
        Assert.Equal((9L, 2L, false), (entry.Usage.Input, entry.Usage.Output, entry.IsEstimate));
    }

    [Theory]
    [InlineData("/v1/chat/completions", true)]
    [InlineData("/v1/chat/completions", false)]
    [InlineData("/v1/messages", true)]
    [InlineData("/v1/messages", false)]
    public async Task Where_nothing_was_counted_the_answer_is_estimated_by_all_that_it_said(string path, bool streamed)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetResult();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await AGatewayAsync(upstream, ledger);
        var said = new string('a', 4000);
        if (streamed)
        {
            upstream.ThenStream(
                Some.Chunk("""{"role":"assistant","content":"Hi"}"""), Some.Chunk($$"""{"content":"{{said}}"}"""),
                Some.Chunk("{}", "\"stop\""), Some.Done);
        }
        else
        {
            upstream.ThenJson(Some.ChatCompletion(said).Replace("\"usage\"", "\"unknown\"", StringComparison.Ordinal));
        }

        await AskAsync(gateway, path, streamed ? ",\"max_tokens\":2000,\"stream\":true" : ",\"max_tokens\":2000");

        var entry = Assert.Single(ledger.Entries);
        Assert.True(entry.IsEstimate);
        Assert.InRange(entry.Usage.Output!.Value, 900, 1100);
    }

    [Theory]
    [InlineData("thought", true)]
    [InlineData("thought", false)]
    [InlineData("call", true)]
    [InlineData("call", false)]
    public async Task What_a_translated_answer_thinks_and_tells_tools_is_estimated_too_and_once(string what, bool streamed)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetResult();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await AGatewayAsync(upstream, ledger);
        var said = new string('a', 4000);
        if (streamed)
        {
            upstream.ThenStream(
                Some.Chunk("""{"role":"assistant","content":"Hi"}"""),
                Some.Chunk(what == "thought"
                    ? $$"""{"reasoning_content":"{{said}}"}"""
                    : $$$"""{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"{{{said}}}\"}"}}]}"""),
                Some.Chunk("{}", what == "thought" ? "\"stop\"" : "\"tool_calls\""),
                Some.Done);
        }
        else
        {
            var extra = what == "thought"
                ? $$"""{"role":"assistant","content":"Hi","reasoning_content":"{{said}}"}"""
                : $$$"""{"role":"assistant","content":"Hi","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"{{{said}}}\"}"}}]}""";
            upstream.ThenJson($$"""{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{{extra}},"finish_reason":"stop"}]}""");
        }

        await AskAsync(gateway, "/v1/messages", streamed ? ",\"max_tokens\":5000,\"stream\":true" : ",\"max_tokens\":5000");

        var entry = Assert.Single(ledger.Entries);
        Assert.True(entry.IsEstimate);
        Assert.InRange(entry.Usage.Output!.Value, 990, 1050);
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task An_answer_that_says_nothing_is_billed_all_the_same(string path)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetResult();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await AGatewayAsync(upstream, ledger);
        upstream.ThenJson(
            """
            {"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":9,"completion_tokens":700,"total_tokens":709,"completion_tokens_details":{"reasoning_tokens":700}}}
            """);

        await AskAsync(gateway, path, ",\"max_tokens\":2000");

        await Wait.ForAsync(() => ledger.Entries.Count > 0);
        Assert.All(
            ledger.Entries.ToList(),
            entry => Assert.Equal((9L, 700L, false), (entry.Usage.Input, entry.Usage.Output, entry.IsEstimate)));
    }

    private static async Task<string> AskAsync(GatewayHost gateway, string path, string extra)
    {
        using var response = await gateway.PostAsync(path, Some.ChatRequest("fast", extra: extra));
        return await response.Content.ReadAsStringAsync(Stop);
    }

    private static Task<GatewayHost> AGatewayAsync(FakeUpstream upstream, HeldLedger ledger, int? chunks = null) => GatewayHost.StartAsync(
        upstream,
        options =>
        {
            options.Storage = new StorageOptions { Ledger = "sqlite:any", Durability = "strict" };
            options.Models["fast"] = new()
            {
                Targets = [new() { Model = "up/some-model" }],
                Buffer = chunks is null ? null : new() { Chunks = chunks },
            };
        },
        builder => builder.Services.AddSingleton<ILedgerFactory>(ledger));

    private static async Task<string> AskAsync(Given given, bool streamed)
    {
        if (!streamed)
            return (await given.Chat.GetResponseAsync("hi", cancellationToken: Stop)).Text;
        var text = "";
        await foreach (var update in given.Chat.GetStreamingResponseAsync("hi", cancellationToken: Stop))
            text += update.Text;
        return text;
    }

    private static Given AnEngine(
        HeldLedger ledger, Action<SwitchyardOptions>? configure = null, ScriptedClient? client = null) => Given.AnEngineWith(
        client ?? new ScriptedClient("hello"),
        options =>
        {
            options.Storage = new StorageOptions { Ledger = "sqlite:any", Durability = "strict" };
            configure?.Invoke(options);
        },
        builder => builder.Services.AddSingleton<ILedgerFactory>(ledger));
}
