using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>
/// The model name in answers: that of the model that served, or with <c>answer_model: requested</c> the client's, which some clients
/// compare. Claude Code leaves out the thinking of an answer with another name.
/// </summary>
public sealed partial class AnswerModelTests
{
    private const string Alias = "my/alias \\\"1\\\" é";
    private const string Name = "my/alias \"1\" é";

    public static TheoryData<string, string, bool> Combinations
    {
        get
        {
            var all = new TheoryData<string, string, bool>();
            foreach (var provider in ProviderFormat.Names)
            {
                foreach (var client in ClientFormat.Names)
                {
                    all.Add(provider, client, false);
                    all.Add(provider, client, true);
                }
            }

            return all;
        }
    }

    [Theory, MemberData(nameof(Combinations))]
    public async Task Every_answer_names_the_requested_model_and_the_header_the_one_that_served(string provider, string client, bool stream)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        upstream.ThenBytes(stream ? format.Stream : Encoding.UTF8.GetBytes(format.Whole), stream ? format.StreamType : "application/json");

        using var response = await reader.AskAsync(gateway, stream, "fast");

        var bytes = await response.Content.ReadAsByteArrayAsync();
        var names = Names().Matches(Encoding.UTF8.GetString(bytes)).Select(name => name.Groups[1].Value).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Equal("fast", name));
        Assert.Equal(["some-model"], response.Headers.GetValues("x-switchyard-model"));
        // Forwarded streams are compared byte by byte below.
        if (!stream || provider != client)
            Assert.Equal("Hi there", stream ? reader.ReadStream(bytes, false, out _) : reader.ReadWhole(Encoding.UTF8.GetString(bytes)));
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("openai-responses")]
    public async Task A_forwarded_answer_differs_only_in_the_name_also_if_it_comes_byte_by_byte(string dialect)
    {
        var (format, reader) = (ProviderFormat.Of(dialect), ClientFormat.Of(dialect));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, dialect);
        foreach (var stream in (bool[])[false, true])
        {
            var bytes = stream ? format.Stream : Encoding.UTF8.GetBytes(format.Whole);
            upstream.Then(async http =>
            {
                http.Response.ContentType = stream ? format.StreamType : "application/json";
                foreach (var one in bytes)
                {
                    await http.Response.Body.WriteAsync(new[] { one });
                    await http.Response.Body.FlushAsync();
                }
            });

            using var response = await reader.AskAsync(gateway, stream, "fast");

            var sent = Encoding.UTF8.GetString(bytes).Replace(Some.UsageChunk, "", StringComparison.Ordinal);
            Assert.Equal(Names().Replace(sent, Renamed), await response.Content.ReadAsStringAsync());
        }

        static string Renamed(Match name) => name.Value[..(name.Groups[1].Index - name.Index)] + "fast\"";
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("openai-responses")]
    public async Task Without_the_setting_a_forwarded_answer_keeps_every_byte(string dialect)
    {
        var (format, reader) = (ProviderFormat.Of(dialect), ClientFormat.Of(dialect));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, dialect, answerModel: null);
        upstream.ThenJson(format.Whole);

        using var response = await reader.AskAsync(gateway, stream: false, "fast");

        Assert.Equal(format.Whole, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/v1/embeddings", """ "input":"x" """, """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    [InlineData("/v1/completions", """ "prompt":"x" """, """{"id":"1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"y","finish_reason":"stop"}]}""")]
    [InlineData("/v1/moderations", """ "input":"x" """, """{"id":"1","model":"m","results":[{"flagged":false}]}""")]
    [InlineData("/v1/rerank", """ "query":"x","documents":["a"] """, """{"model":"m","results":[{"index":0,"relevance_score":0.9}],"usage":{"total_tokens":7}}""")]
    [InlineData("/v1/images/generations", """ "prompt":"x" """, """{"created":1,"model":"m","data":[{"b64_json":"aGk="}]}""")]
    public async Task Answers_of_other_operations_name_the_requested_model_too(string path, string fields, string answer)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat", alias: Name);
        upstream.ThenJson(answer);

        using var response = await gateway.PostAsync(path, $$"""{"model":"{{Alias}}",{{fields}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            answer.Replace("\"m\"", $"\"{Alias}\"", StringComparison.Ordinal), await response.Content.ReadAsStringAsync());
        Assert.Equal(response.Content.Headers.ContentLength, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task A_name_behind_a_hundred_thousand_numbers_is_replaced_in_the_bytes()
    {
        var vectors = string.Join(',', Enumerable.Repeat("0.1234567", 100_000));
        string Answer(string model) =>
            $$$"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[{{{vectors}}}]}],"model":"{{{model}}}","usage":{"prompt_tokens":1,"total_tokens":1}}""";
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat");
        upstream.ThenJson(Answer("text-embedding-3-large"));

        using var response = await gateway.PostAsync("/v1/embeddings", """{"model":"fast","input":"x"}""");

        Assert.Equal(Answer("fast"), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Translated_vectors_and_the_short_form_name_the_requested_model()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "gemini");
        upstream.ThenJson("""{"embeddings":[{"values":[0.1]}]}""").ThenJson(ProviderFormat.Of("gemini").Whole);

        using var vectors = await gateway.PostAsync("/v1/embeddings", """{"model":"fast","input":"x"}""");
        using var plain = await gateway.PostAsync("/chat", """{"model":"fast","messages":[{"role":"user","content":"x"}]}""");

        Assert.Contains("\"model\":\"fast\"", await vectors.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"model\":\"fast\"", await plain.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("served", "requested", "fast", "m")]
    [InlineData("requested", "served", "fast", "fast")]
    [InlineData(null, "requested", "fast", "fast")]
    [InlineData(null, "requested", "up/some-model", "up/some-model")]
    [InlineData("requested", "served", "up/some-model", "m")]
    public async Task An_alias_goes_before_the_setting_for_all_names(string? alias, string all, string asked, string named)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, "openai-chat", answerModel: alias, configure: options => options.Routing.AnswerModel = all);
        upstream.ThenJson(ProviderFormat.Of("openai-chat").Whole);

        using var response = await gateway.PostAsync("/v1/chat/completions", Some.ChatRequest(asked));

        Assert.Contains($"\"model\":\"{named}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_of_a_fallback_has_the_requested_name()
    {
        await using var down = await FakeUpstream.StartAsync();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "anthropic-messages", configure: options =>
        {
            options.Providers["down"] = new ProviderOptions { BaseUrl = down.BaseUrl, Key = "k", Models = ["gone"] };
            options.Models["fast"].Targets.Insert(0, new TargetOptions { Model = "down/gone" });
        });
        down.ThenJson("{}", status: 503);
        upstream.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);

        using var response = await ClientFormat.Of("anthropic-messages").AskAsync(gateway, stream: false, "fast");

        Assert.Contains("\"model\":\"fast\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["up"], response.Headers.GetValues("x-switchyard-provider"));
    }

    [Fact]
    public async Task A_kept_answer_has_the_requested_name_and_the_length_of_its_bytes()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat", configure: options => options.Cache = new());
        upstream.ThenJson(ProviderFormat.Of("openai-chat").Whole);
        var expected = ProviderFormat.Of("openai-chat").Whole.Replace("\"model\":\"m\"", "\"model\":\"fast\"", StringComparison.Ordinal);

        for (var i = 0; i < 2; i++)
        {
            using var response = await gateway.PostAsync("/v1/chat/completions", Some.ChatRequest("fast"));
            Assert.Equal(expected, await response.Content.ReadAsStringAsync());
            Assert.Equal(expected.Length, response.Content.Headers.ContentLength);
        }

        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_still_ends_with_one_error_event()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "anthropic-messages");
        var format = ProviderFormat.Of("anthropic-messages");
        upstream.ThenBytes(format.Beginning, format.StreamType);

        using var response = await ClientFormat.Of("anthropic-messages").AskAsync(gateway, stream: true, "fast");

        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("\"model\":\"fast\"", events[0], StringComparison.Ordinal);
        Assert.Equal(format.Said + 1, events.Length);
        Assert.StartsWith("event: error\n", events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_in_process_gets_the_requested_name_too()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["mock"] = new();
            options.Models["fast"] = new() { AnswerModel = "requested", Targets = [new() { Model = "mock/mock-model-v1" }] };
        });
        var client = gateway.Services.GetRequiredService<IChatClient>();
        var asked = new ChatOptions { ModelId = "fast" };

        var whole = await client.GetResponseAsync("hi", asked);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync("hi", asked))
            updates.Add(update);

        Assert.Equal("fast", whole.ModelId);
        Assert.All(updates, update => Assert.Equal("fast", update.ModelId));
    }

    private static Task<GatewayHost> StartAsync(
        FakeUpstream upstream, string dialect, string alias = "fast", string? answerModel = "requested",
        Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"].Dialect = dialect;
            options.Models[alias] = new ModelRouteOptions { AnswerModel = answerModel, Targets = [new() { Model = "up/some-model" }] };
            configure?.Invoke(options);
        });

    [GeneratedRegex("\"(?:model|modelVersion)\":\"([^\"]*)\"")]
    private static partial Regex Names();
}
