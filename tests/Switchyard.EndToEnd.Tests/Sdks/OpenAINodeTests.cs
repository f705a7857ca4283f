using System.Text.Json;
using Switchyard.Calls;
using Switchyard.EndToEnd.Tests.Upstream;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>OpenAI's own JavaScript client. One process runs every scenario of a mode in parallel; each test checks one outcome.</summary>
public abstract class OpenAINodeTests(OpenAINodeTests.Runs runs) : IClassFixture<OpenAINodeTests.Runs>
{
    protected abstract EgressMode Mode { get; }

    [Fact]
    public async Task It_chats_with_two_choices()
    {
        var chat = await ValueAsync("chat");

        Assert.Equal(
            ["You said: Grüße, 世界 👋 (told to: Be brief.)", "You said: Grüße, 世界 👋 (told to: Be brief.)"],
            chat.GetProperty("text").EnumerateArray().Select(text => text.GetString()));
        Assert.Equal("stop", chat.GetProperty("finish").GetString());
        AssertUsage(chat.GetProperty("usage"));
    }

    [Fact]
    public async Task It_sees_the_headers_that_say_who_answered()
    {
        var headers = await ValueAsync("headers");

        Assert.Equal("openai", headers.GetProperty("provider").GetString());
        Assert.Equal(32, headers.GetProperty("id").GetString()!.Length);
    }

    [Fact]
    public async Task It_streams_and_sees_no_usage_it_did_not_ask_for()
    {
        var stream = await ValueAsync("stream");

        Assert.Equal("You said: Grüße, 世界 👋", stream.GetProperty("text").GetString());
        Assert.Equal("stop", stream.GetProperty("finish").GetString());
        Assert.True(stream.GetProperty("chunks").GetInt32() > 4);
        Assert.Equal(JsonValueKind.Null, stream.GetProperty("usage").ValueKind);
    }

    [Fact]
    public async Task It_streams_with_usage() => AssertUsage((await ValueAsync("stream_usage")).GetProperty("usage"));

    [Fact]
    public async Task Its_stream_helper_puts_parallel_tool_calls_together() =>
        Assert.Equal("""[["call_1","get_weather",42],["call_2","get_time",42]]""", (await ValueAsync("stream_helper")).GetRawText());

    [Fact]
    public async Task It_calls_tools_in_parallel_and_gives_the_results_back() => Assert.Equal(
        """{"finish":"tool_calls","calls":["get_weather","get_time"],"text":"Results: call_1=done call_1; call_2=done call_2"}""",
        (await ValueAsync("tools")).GetRawText());

    [Fact]
    public async Task Its_tool_runner_runs_the_loop() =>
        Assert.Equal("""{"text":"Results: call_1=sunny","seen":[42]}""", (await ValueAsync("run_tools")).GetRawText());

    [Fact]
    public async Task It_streams_tool_calls_in_fragments()
    {
        var stream = await ValueAsync("stream_tools");

        var call = Assert.Single(stream.GetProperty("calls").EnumerateArray());
        Assert.Equal(("call_1", "get_weather"), (call.GetProperty("id").GetString(), call.GetProperty("name").GetString()));
        Assert.True(call.GetProperty("pieces").GetInt32() > 3);
        Assert.Equal(42, JsonElement.Parse(call.GetProperty("arguments").GetString()!).GetProperty("days").GetInt32());
        Assert.Equal("tool_calls", stream.GetProperty("finish").GetString());
    }

    [Fact]
    public async Task It_gets_an_object_of_its_schema() => Assert.Equal(42, (await ValueAsync("schema")).GetInt32());

    [Fact]
    public async Task It_sends_an_image() =>
        Assert.Equal("Images: data:image/png;base64,iVBORwECAw==(high)", (await ValueAsync("image")).GetString());

    [Fact]
    public async Task It_embeds_in_every_encoding()
    {
        var embeddings = await ValueAsync("embeddings");

        foreach (var way in (string[])["usual", "floats"])
            Assert.Equal(ScriptedOpenAI.Vector("three", 3), embeddings.GetProperty(way)[1].EnumerateArray().Select(x => x.GetSingle()));
        var bytes = embeddings.GetProperty("base64")[0].GetBytesFromBase64();
        Assert.Equal(ScriptedOpenAI.Vector("one", 3), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public async Task It_lists_models() =>
        Assert.Contains("openai/gpt-script", (await ValueAsync("models")).EnumerateArray().Select(id => id.GetString()));

    [Theory]
    [InlineData("error_400", "BadRequestError", 400, "unsupported_value", "temperature")]
    [InlineData("error_401", "InternalServerError", 500, "upstream_authentication_failed", null)]
    [InlineData("error_404", "NotFoundError", 404, "model_not_found", null)]
    [InlineData("error_422", "UnprocessableEntityError", 422, null, null)]
    [InlineData("error_429", "RateLimitError", 429, "rate_limit_exceeded", null)]
    [InlineData("stream_error_429", "RateLimitError", 429, "rate_limit_exceeded", null)]
    [InlineData("error_500", "InternalServerError", 502, null, null)]
    [InlineData("bad_request", "BadRequestError", 400, "decimal_above_max_value", "temperature")]
    [InlineData("unknown_model", "NotFoundError", 404, "model_not_found", null)]
    public async Task It_throws_its_own_typed_error(string scenario, string type, int status, string? code, string? param)
    {
        var error = (await runs.OfAsync(Mode)).GetProperty(scenario);

        Assert.Equal(type, error.GetProperty("error").GetString());
        Assert.Equal(status, error.GetProperty("status").GetInt32());
        if (code is not null)
            Assert.Equal(code, error.GetProperty("code").GetString());
        if (param is not null)
            Assert.Equal(param, error.GetProperty("param").GetString());
        if (status == 429)
            Assert.Equal("20", error.GetProperty("retryAfter").GetString());
    }

    [Fact]
    public async Task The_upstream_is_closed_when_it_leaves_a_stream()
    {
        Assert.StartsWith("You sa", (await ValueAsync("abort")).GetString(), StringComparison.Ordinal);
        Assert.True(await runs.UpstreamWasLeftAsync(Mode));
    }

    [Fact]
    public async Task Every_call_went_out_in_the_mode_of_this_test() =>
        Assert.All(await runs.ModesAsync(Mode), seen => Assert.Equal(Mode, seen));

    private protected async Task<JsonElement> ValueAsync(string scenario)
    {
        var outcome = (await runs.OfAsync(Mode)).GetProperty(scenario);
        Assert.True(outcome.TryGetProperty("value", out var value), $"{scenario} failed: {outcome}");
        return value;
    }

    private static void AssertUsage(JsonElement usage)
    {
        Assert.Equal(
            usage.GetProperty("prompt_tokens").GetInt32() + usage.GetProperty("completion_tokens").GetInt32(),
            usage.GetProperty("total_tokens").GetInt32());
        Assert.Equal(3, usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        Assert.Equal(5, usage.GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32());
    }

    /// <summary>Forwarded.</summary>
    public sealed class Forwarded(Runs runs) : OpenAINodeTests(runs)
    {
        protected override EgressMode Mode => EgressMode.Forward;

        [Fact]
        public async Task It_moderates() => Assert.Equal("[false,true]", (await ValueAsync("moderation")).GetRawText());

        [Fact]
        public async Task It_generates_images() =>
            Assert.Equal("""{"images":["a cat 0","a cat 1"],"usage":12}""", (await ValueAsync("image_generate")).GetRawText());

        [Fact]
        public async Task It_speaks() =>
            Assert.Equal("""{"type":"audio/mpeg","audio":"alloy says Grüße"}""", (await ValueAsync("speech")).ToString());

        [Fact]
        public async Task It_uploads_a_recording_and_gets_its_words()
        {
            Assert.Equal("whisper-script heard Grüße.wav of 2000000 bytes in de", (await ValueAsync("transcription")).GetString());
            Assert.Equal(
                ["transcript.text.delta", "transcript.text.done"],
                (await ValueAsync("transcription_stream")).EnumerateArray().Select(type => type.GetString()));
        }
    }

    /// <summary>Translated.</summary>
    public sealed class Translated(Runs runs) : OpenAINodeTests(runs)
    {
        protected override EgressMode Mode => EgressMode.Translate;
    }

    /// <summary>One run of all scenarios, started by the first test.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        private readonly Lock _gate = new();
        private Task<Run>? _run;

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            if (_run is { IsCompletedSuccessfully: true })
                await (await _run).Setup.DisposeAsync();
        }

        internal async Task<JsonElement> OfAsync(EgressMode mode) => (await RunAsync(mode)).Outcome;

        internal async Task<IReadOnlyList<EgressMode>> ModesAsync(EgressMode mode) => (await RunAsync(mode)).Setup.Modes;

        internal async Task<bool> UpstreamWasLeftAsync(EgressMode mode)
        {
            var left = (await RunAsync(mode)).Setup.Upstream.ClientLeft;
            await left.WaitAsync(TimeSpan.FromSeconds(30));
            return left.IsCompletedSuccessfully;
        }

        private Task<Run> RunAsync(EgressMode mode)
        {
            lock (_gate)
                return _run ??= StartAsync(mode);
        }

        private static async Task<Run> StartAsync(EgressMode mode)
        {
            NodeProcess.SkipUnlessInstalled();
            var setup = await GatewayUnderTest.StartAsync(mode);
            return new(setup, await NodeProcess.RunAsync("openai.mjs", setup.BaseUrl.AbsoluteUri));
        }

        private sealed record Run(GatewayUnderTest Setup, JsonElement Outcome);
    }
}
