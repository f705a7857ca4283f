using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>Every recording of a server that speaks OpenAI's chat format, played back as the provider behind the gateway.</summary>
public sealed partial class RecordedTrafficTests
{
    private static readonly string[] s_providers =
    [
        "openai", "azure", "openrouter", "groq", "deepseek", "perplexity", "huggingface", "together", "cerebras", "vllm", "zai", "mistral",
    ];

    private static readonly string[] s_served = ["/chat/completions", "/embeddings", "/moderations"];

    [Fact]
    public Task A_recorded_answer_reaches_the_client_byte_for_byte() =>
        ForEachAsync(EgressMode.Forward, exchange => Answers(exchange) && !HasOnlyAnError(exchange), async (exchange, response, _) =>
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            AssertSameBytes(exchange.Answer, await response.Content.ReadAsByteArrayAsync());
        });

    [Fact]
    public Task A_recorded_stream_reaches_the_client_byte_for_byte() =>
        ForEachAsync(EgressMode.Forward, Streams, async (exchange, response, _) =>
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            AssertSameBytes(WithoutUsageNobodyAskedFor(exchange), await response.Content.ReadAsByteArrayAsync());
        });

    [Fact]
    public Task A_recorded_request_reaches_the_provider_as_it_was_but_for_the_model() => ForEachAsync(
        EgressMode.Forward, exchange => exchange.Status == 200, (exchange, _, seen) =>
        {
            var (sent, arrived) = (JsonNode.Parse(exchange.Request)!.AsObject(), JsonNode.Parse(seen.Body)!.AsObject());
            sent.Remove("stream_options");
            arrived.Remove("stream_options");
            Assert.Equal(sent.ToJsonString(), arrived.ToJsonString());
            return Task.CompletedTask;
        });

    [Fact]
    public Task A_recorded_error_keeps_its_words_and_its_code() =>
        ForEachAsync(EgressMode.Forward, exchange => exchange.Status >= 400, async (exchange, response, _) =>
        {
            var error = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("error");
            if (exchange.Status is 401 or 403)
            {
                Assert.Equal(500, (int)response.StatusCode);
                Assert.Equal("upstream_authentication_failed", error.GetProperty("code").GetString());
                return;
            }

            Assert.Equal(exchange.Status, (int)response.StatusCode);
            var recorded = JsonElement.Parse(exchange.Answer).GetProperty("error");
            // A provider's failure is reported with its name before its message; a refused request has the message alone.
            var named = exchange.Status is 429 or >= 500 ? "up: " : "";
            Assert.Equal(named + recorded.GetProperty("message").GetString(), error.GetProperty("message").GetString());
            if (recorded.TryGetProperty("param", out var param))
                Assert.Equal(param.GetString(), error.GetProperty("param").GetString());
            if (recorded.TryGetProperty("code", out var code) && code.ValueKind != JsonValueKind.Null)
                Assert.Equal(CodeOf(exchange, code), error.GetProperty("code").ToString());
        });

    [Fact]
    public Task A_translated_answer_says_what_the_recording_says() => ForEachAsync(
        EgressMode.Translate, exchange => Answers(exchange) && IsChat(exchange) && !HasOnlyAnError(exchange),
        async (exchange, response, _) =>
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var written = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync());
            Assert.Equal(ChatFacts.OfAnswer(JsonElement.Parse(exchange.Answer)), ChatFacts.OfAnswer(written));
        });

    [Fact]
    public Task A_translated_stream_says_what_the_recording_says_and_keeps_every_rule() =>
        ForEachAsync(EgressMode.Translate, Streams, async (exchange, response, _) =>
        {
            var written = await response.Content.ReadAsByteArrayAsync();
            var breaksOff = exchange.Answer.AsSpan().IndexOf("\"error\":{"u8) >= 0;
            OpenAIStreamGrammar.Read(written, AsksForUsage(exchange), breaksOff, out var problems);
            Assert.True(problems.Count == 0, string.Join("; ", problems));
            var (said, shown) =
                (ChatFacts.OfStream(Encoding.UTF8.GetString(exchange.Answer)), ChatFacts.OfStream(Encoding.UTF8.GetString(written)));
            // A provider may report usage without being asked; a stream that ends in an error has no finish reason.
            var (words, wordsShown) = (WithoutUsage(said), WithoutUsage(shown));
            if (breaksOff)
                Assert.StartsWith(wordsShown[..wordsShown.LastIndexOf(']')], words, StringComparison.Ordinal);
            else
                Assert.Equal(words, wordsShown);
            if (AsksForUsage(exchange) && !breaksOff)
                Assert.Equal(said, shown);
        });

    private static bool Answers(Exchange exchange) => exchange.Status == 200 && !exchange.IsEventStream;

    private static bool Streams(Exchange exchange) => exchange.Status == 200 && exchange.IsEventStream;

    private static bool IsChat(Exchange exchange) => exchange.Url.AbsolutePath.EndsWith("/chat/completions", StringComparison.Ordinal);

    // A prompt that a filter refused is recorded with its error under status 200.
    private static bool HasOnlyAnError(Exchange exchange) => JsonElement.Parse(exchange.Answer).TryGetProperty("error", out _);

    private static bool AsksForUsage(Exchange exchange) =>
        JsonNode.Parse(exchange.Request)!["stream_options"]?["include_usage"]?.GetValue<bool>() is true;

    /// <summary>The stream for the client ends at its terminator and has no frame that only the gateway requested.</summary>
    private static byte[] WithoutUsageNobodyAskedFor(Exchange exchange)
    {
        var text = Encoding.Latin1.GetString(exchange.Answer);
        if (!AsksForUsage(exchange))
            text = UsageFrame().Replace(text, "");
        return Encoding.Latin1.GetBytes(text);
    }

    private static string WithoutUsage(string facts) => facts[..(facts.LastIndexOf('\n') + 1)];

    private static void AssertSameBytes(byte[] expected, byte[] actual)
    {
        var at = expected.AsSpan().CommonPrefixLength(actual);
        if (at == expected.Length && at == actual.Length)
            return;
        var from = Math.Max(0, at - 40);
        Assert.Fail($"differs at byte {at} of {expected.Length}: …{Part(expected, from)}… became …{Part(actual, from)}…");

        static string Part(byte[] bytes, int from) => Encoding.UTF8.GetString(bytes.AsSpan(from, Math.Min(160, bytes.Length - from)));
    }

    private static async Task ForEachAsync(
        EgressMode mode, Func<Exchange, bool> wanted, Func<Exchange, HttpResponseMessage, SeenRequest, Task> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, build: build =>
        {
            if (mode == EgressMode.Translate)
                build.UseCall<AlwaysTranslate>();
        });
        var failures = new List<string>();
        var count = 0;
        foreach (var exchange in Cassettes.Read(s_providers)
            .Where(exchange => exchange.Method == "POST" && Path(exchange) is not null && wanted(exchange)))
        {
            count++;
            upstream.ThenBytes(exchange.Answer, exchange.IsEventStream ? "text/event-stream" : "application/json", exchange.Status);
            try
            {
                using var response = await gateway.PostAsync("/v1" + Path(exchange), ForGateway(exchange.Request));
                await check(exchange, response, upstream.LastRequest);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                failures.Add($"{exchange}: {failure.Message}");
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.True(count > 0, "no recording was found");
    }

    /// <summary>For a prompt that is too long clients expect OpenAI's own code; a numeric code only repeats the status.</summary>
    private static string CodeOf(Exchange exchange, JsonElement recorded) =>
        recorded.ValueKind == JsonValueKind.Number && exchange.ToString().Contains("error-400-context", StringComparison.Ordinal)
            ? "context_length_exceeded"
            : recorded.ToString();

    private static string? Path(Exchange exchange) =>
        s_served.FirstOrDefault(path => exchange.Url.AbsolutePath.EndsWith(path, StringComparison.Ordinal));

    /// <summary>The recorded request, with the model's name prefixed by the gateway's provider.</summary>
    private static byte[] ForGateway(byte[] request)
    {
        var node = JsonNode.Parse(request)!;
        // Azure's address names the model; its body does not.
        node["model"] = "up/" + (node["model"]?.GetValue<string>() ?? "deployment");
        return Encoding.UTF8.GetBytes(node.ToJsonString());
    }

    [GeneratedRegex("""^data: ?\{[^\n]*"choices": ?\[\][^\n]*"usage": ?\{[^\n]*\n\r?\n""", RegexOptions.Multiline)]
    private static partial Regex UsageFrame();
}
