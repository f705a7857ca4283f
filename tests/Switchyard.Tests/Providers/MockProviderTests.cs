using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Providers;
using Switchyard.Providers.Mock;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

[Covers("S000-60", "S000-61")]
public sealed class MockProviderTests
{
    private readonly TestClock _clock = new();

    [Covers("S000-43", "S000-57")]
    [Fact]
    public async Task There_are_exactly_two_models()
    {
        await using var mock = await ReadyAsync();
        var models = await mock.ListModelsAsync(Some.Token);
        Assert.Equal(["mock-model-v1", "mock-model-v2"], models.Select(m => m.Id));
        Assert.Equal(
            new ModelCapabilities { MaxContextTokens = 4096 }, models[0].Capabilities);
        Assert.Equal(
            new ModelCapabilities { Embedding = true, FunctionCalling = true, ImageUnderstanding = true, MaxContextTokens = 8192 },
            models[1].Capabilities);
        Assert.True(await mock.ValidateModelAsync("mock-model-v1", Some.Token));
        Assert.False(await mock.ValidateModelAsync("gpt-4o", Some.Token));
    }

    [Covers("S000-58")]
    [Fact]
    public async Task It_answers_with_the_last_user_message()
    {
        await using var mock = await ReadyAsync();
        Assert.Equal("Mock response to: test prompt", (await AskAsync(mock, "test prompt")).Text);
    }

    [Covers("S002-42")]
    [Fact]
    public async Task The_same_request_gets_the_same_answer_and_the_text_can_be_set()
    {
        await using var mock = await ReadyAsync(new MockOptions { Answer = "Mock OpenAI response for: {message}" });
        var first = await AskAsync(mock, "hi");
        var second = await AskAsync(mock, "hi");
        Assert.Equal("Mock OpenAI response for: hi", first.Text);
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.Usage!.TotalTokenCount, second.Usage!.TotalTokenCount);
        Assert.NotEqual(first.ResponseId, second.ResponseId);
    }

    [Covers("S002-45")]
    [Fact]
    public async Task Usage_can_be_set_and_the_answer_stops()
    {
        await using var mock = await ReadyAsync(null, ("prompt_tokens", "10"), ("completion_tokens", "15"));
        var answer = await AskAsync(mock, "hi");
        Assert.Equal((10, 15, 25), (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount));
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
    }

    [Fact]
    public async Task Usage_is_a_quarter_of_the_characters_rounded_up()
    {
        await using var mock = await ReadyAsync(new MockOptions { Answer = "12345" });
        var answer = await AskAsync(mock, "123456789");
        Assert.Equal((3, 2, 5), (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount));
        Assert.Equal(1, MockTokens.Count(""));
        Assert.Equal(1, MockTokens.Count(null));
    }

    [Fact]
    public async Task Canned_answers_are_given_to_their_exact_question()
    {
        await using var mock = await ReadyAsync(null, ("answers.What is 2+2?", "4"));
        Assert.Equal("4", (await AskAsync(mock, "What is 2+2?")).Text);
        Assert.Equal("Mock response to: what is 2+2?", (await AskAsync(mock, "what is 2+2?")).Text);
    }

    [Covers("S002-43", "S003-98")]
    [Fact]
    public async Task It_takes_as_long_as_it_is_configured_to()
    {
        await using var mock = await ReadyAsync(new MockOptions { Delay = TimeSpan.FromMilliseconds(200) });
        var answering = AskAsync(mock, "hi");
        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromMilliseconds(199));
        Assert.False(answering.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("Mock response to: hi", (await answering).Text);
    }

    [Fact]
    public async Task By_default_it_answers_at_once()
    {
        await using var mock = await ReadyAsync();
        Assert.True(AskAsync(mock, "hi").IsCompletedSuccessfully);
    }

    [Covers("S003-99", "S003-104")]
    [Fact]
    public async Task A_rate_of_zero_always_fails_and_one_never_does()
    {
        await using var never = await ReadyAsync(new MockOptions { SuccessRate = 0 });
        await using var always = await ReadyAsync(new MockOptions { SuccessRate = 1 });
        for (var i = 0; i < 200; i++)
        {
            await Assert.ThrowsAsync<CallException>(() => AskAsync(never, "hi"));
            await AskAsync(always, "hi");
        }

        Assert.False(never.IsHealthy);
        Assert.True(always.IsHealthy);
    }

    [Covers("S003-99")]
    [Fact]
    public async Task A_rate_of_nine_tenths_fails_about_a_tenth_and_a_seed_repeats_it()
    {
        await using var one = await ReadyAsync(new MockOptions { SuccessRate = 0.9, Seed = 42 });
        await using var other = await ReadyAsync(new MockOptions { SuccessRate = 0.9, Seed = 42 });
        var first = await OutcomesAsync(one);
        Assert.InRange(first.Count(failed => failed), 70, 130);
        Assert.Equal(first, await OutcomesAsync(other));
        Assert.True(one.IsHealthy);

        static async Task<List<bool>> OutcomesAsync(MockProvider mock)
        {
            var outcomes = new List<bool>();
            for (var i = 0; i < 1000; i++)
            {
                try
                {
                    await AskAsync(mock, "hi");
                    outcomes.Add(false);
                }
                catch (CallException)
                {
                    outcomes.Add(true);
                }
            }

            return outcomes;
        }
    }

    [Covers("S003-100", "S003-97")]
    [Fact]
    public async Task A_failure_has_its_message_and_names_its_provider()
    {
        await using var mock = await ReadyAsync(new MockOptions { SuccessRate = 0 });
        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(mock, "hi"))).Error;
        Assert.Equal(
            ("Simulated mock provider failure", "mock", CallErrorKind.UpstreamUnavailable), (error.Message, error.Provider, error.Kind));
        await using var worded = await ReadyAsync(null, ("success_rate", "0"), ("error_message", "out of order"));
        Assert.Equal("out of order", (await Assert.ThrowsAsync<CallException>(() => AskAsync(worded, "hi"))).Message);
    }

    [Covers("S003-101")]
    [Fact]
    public async Task It_streams_pieces_of_five_characters_every_fifty_milliseconds()
    {
        await using var mock = await ReadyAsync(
            new MockOptions { Answer = "Mock streaming response", ChunkInterval = TimeSpan.FromMilliseconds(50) });
        var updates = new List<(double At, ChatResponseUpdate Update)>();
        var reading = Task.Run(async () =>
        {
            await foreach (var update in mock.GetChatClient("m").GetStreamingResponseAsync("hi"))
                updates.Add((_clock.Elapsed.TotalMilliseconds, update));
        });
        for (var i = 0; i < 4; i++)
        {
            await _clock.WaitForTimersAsync();
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        await reading;
        Assert.Equal(["Mock ", "strea", "ming ", "respo", "nse", ""], updates.Select(one => one.Update.Text));
        Assert.Equal([0, 50, 100, 150, 200, 200], updates.Select(one => one.At));
        var last = updates[^1].Update;
        Assert.Equal(ChatFinishReason.Stop, last.FinishReason);
        Assert.Equal(6, last.Contents.OfType<UsageContent>().Single().Details.OutputTokenCount);
        Assert.All(updates[..^1], one => Assert.Null(one.Update.FinishReason));
        Assert.Single(updates.Select(one => one.Update.ResponseId).Distinct());
    }

    [Covers("S003-101", "S004-08")]
    [Fact]
    public async Task Where_streaming_is_off_it_says_so()
    {
        await using var mock = await ReadyAsync(null, ("streaming", "false"));
        var error = await Assert.ThrowsAsync<CallException>(
            () => mock.GetChatClient("m").GetStreamingResponseAsync("hi").ToChatResponseAsync());
        Assert.Equal("Streaming not enabled for this mock provider", error.Message);
        Assert.False((await mock.GetModelAsync("mock-model-v2", Some.Token)).Capabilities.Streaming);
        Assert.Equal("Mock response to: hi", (await AskAsync(mock, "hi")).Text);
    }

    [Fact]
    public async Task A_stream_never_splits_a_character()
    {
        await using var mock = await ReadyAsync(new MockOptions { Answer = "ab😀😀😀cd", ChunkSize = 3 });
        await foreach (var update in mock.GetChatClient("m").GetStreamingResponseAsync("hi", cancellationToken: Some.Token))
            Assert.False(update.Text.Length > 0 && (char.IsHighSurrogate(update.Text[^1]) || char.IsLowSurrogate(update.Text[0])));
        Assert.Equal("ab😀😀😀cd", (await mock.GetChatClient("m").GetStreamingResponseAsync("hi").ToChatResponseAsync()).Text);
    }

    [Covers("S003-102")]
    [Fact]
    public async Task Calls_are_counted_streams_and_failures_too_and_the_count_can_be_reset()
    {
        await using var mock = await ReadyAsync(new MockOptions { SuccessRate = 0 });
        await Assert.ThrowsAsync<CallException>(() => AskAsync(mock, "hi"));
        await Assert.ThrowsAsync<CallException>(() => mock.GetChatClient("m").GetStreamingResponseAsync("hi").ToChatResponseAsync());
        await Assert.ThrowsAsync<CallException>(() => mock.GetEmbeddingGenerator("m").GenerateAsync(["hi"]));
        Assert.Equal(3, mock.RequestCount);
        mock.ResetRequestCount();
        Assert.Equal(0, mock.RequestCount);
    }

    [Fact]
    public async Task It_stops_at_the_limit_of_tokens_and_says_so()
    {
        await using var mock = await ReadyAsync(new MockOptions { Answer = "0123456789" });
        var answer = await AskAsync(mock, "hi", new ChatOptions { MaxOutputTokens = 2 });
        Assert.Equal("01234567", answer.Text);
        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal(2, answer.Usage!.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Stop, (await AskAsync(mock, "hi", new ChatOptions { MaxOutputTokens = 3 })).FinishReason);
    }

    [Fact]
    public async Task Cancelling_ends_a_delay_and_a_stream()
    {
        await using var mock = await ReadyAsync(new MockOptions { Delay = TimeSpan.FromHours(1) });
        using var source = new CancellationTokenSource();
        var answering = mock.GetChatClient("m").GetResponseAsync("hi", cancellationToken: source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
        await using var prompt = await ReadyAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            prompt.GetChatClient("m").GetStreamingResponseAsync("hi", cancellationToken: source.Token).ToChatResponseAsync());
    }

    [Fact]
    public async Task The_same_text_always_has_the_same_unit_vector()
    {
        await using var mock = await ReadyAsync();
        var generator = mock.GetEmbeddingGenerator("m");
        var vectors = await generator.GenerateAsync(["a", "b", "a"], cancellationToken: Some.Token);
        Assert.Equal(vectors[0].Vector.ToArray(), vectors[2].Vector.ToArray());
        Assert.NotEqual(vectors[0].Vector.ToArray(), vectors[1].Vector.ToArray());
        Assert.All(vectors, one => Assert.Equal(8, one.Vector.Length));
        Assert.All(vectors, one => Assert.Equal(1, Math.Sqrt(one.Vector.ToArray().Sum(x => (double)x * x)), 5));
        Assert.Equal(3, vectors.Usage!.InputTokenCount);
        var long_ = await generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 1536 }, Some.Token);
        Assert.Equal(1536, long_[0].Vector.Length);
        // The same on every machine and in every version; computed independently of this code.
        Assert.Equal(0.2484f, vectors[0].Vector.Span[0], 4);
        await Assert.ThrowsAsync<CallException>(
            () => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 100_000 }));
    }

    [Fact]
    public async Task It_is_thread_safe()
    {
        await using var mock = await ReadyAsync(new MockOptions { SuccessRate = 0.5, Seed = 1 });
        await Parallel.ForAsync(0, 2000, Some.Token, async (_, _) =>
        {
            try
            {
                await AskAsync(mock, "hi");
            }
            catch (CallException)
            {
            }
        });
        Assert.Equal(2000, mock.RequestCount);
    }

    [Theory]
    [InlineData("success_rate", "1.5")]
    [InlineData("success_rate", "NaN")]
    [InlineData("success_rate", "often")]
    [InlineData("delay", "100")]
    [InlineData("delay", "-5ms")]
    [InlineData("delay", "soon")]
    [InlineData("chunk_size", "0")]
    [InlineData("seed", "1.5")]
    [InlineData("streaming", "perhaps")]
    [InlineData("colour", "red")]
    public async Task A_setting_it_cannot_have_is_named(string key, string value)
    {
        var error = await Assert.ThrowsAsync<ProviderException>(() => ReadyAsync(null, (key, value)));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_overlay_the_options_given_in_code()
    {
        await using var mock = await ReadyAsync(
            new MockOptions { Answer = "kept", SuccessRate = 0 },
            ("delay", "1.5s"), ("jitter", "0"), ("Success_Rate", "0.75"), ("seed", "7"), ("chunk_size", "9"),
            ("chunk_interval", "00:00:00.05"));
        Assert.Equal(TimeSpan.FromSeconds(1.5), mock.Options.Delay);
        Assert.Equal(0.75, mock.Options.SuccessRate);
        Assert.Equal("kept", mock.Options.Answer);
        Assert.Equal(TimeSpan.FromMilliseconds(50), mock.Options.ChunkInterval);
        Assert.Equal((7, 9), (mock.Options.Seed, mock.Options.ChunkSize));
    }

    [Fact]
    public async Task Jitter_is_added_to_the_delay_and_stays_within_its_bound()
    {
        await using var mock = await ReadyAsync(
            new MockOptions { Delay = TimeSpan.FromSeconds(1), Jitter = TimeSpan.FromSeconds(1), Seed = 3 });
        var answering = AskAsync(mock, "hi");
        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(answering.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await answering;
    }

    [Covers("S003-106")]
    [Fact]
    public async Task It_can_have_any_name_and_the_models_of_a_fresh_machine()
    {
        await using var mock = new MockProvider("alpha");
        await using var registry = new ProviderRegistry();
        await registry.RegisterAsync("alpha", mock, Some.Settings("mock"));
        Assert.Equal("alpha", (await registry.GetAsync<MockProvider>("alpha", Some.Token))!.Name);
        Assert.True(mock.ServesModel("gpt-4o"));
        Assert.True(mock.ServesModel("claude-sonnet-4-5"));
        Assert.False(mock.ServesModel("something-else"));
        Assert.Equal("alpha", ((ChatClientMetadata)mock.GetChatClient("m").GetService(typeof(ChatClientMetadata))!).ProviderName);
    }

    [Fact]
    public async Task It_must_be_initialized_first()
    {
        await using var mock = new MockProvider();
        Assert.Throws<ProviderException>(() => mock.GetChatClient("m"));
        await ((IProvider)mock).InitializeAsync(Some.Settings("mock"), Some.Token);
        await mock.GetChatClient("m").GetResponseAsync("hi", cancellationToken: Some.Token);
    }

    private async Task<MockProvider> ReadyAsync(MockOptions? options = null, params (string Key, string Value)[] settings)
    {
        var mock = new MockProvider("mock", options, new ProviderContext { TimeProvider = _clock });
        await mock.InitializeAsync(
            Some.Settings("mock") with { Metadata = settings.ToDictionary(pair => pair.Key, pair => pair.Value) }, Some.Token);
        return mock;
    }

    private static Task<ChatResponse> AskAsync(MockProvider mock, string text, ChatOptions? options = null) =>
        mock.GetChatClient("mock-model-v2")
            .GetResponseAsync([new ChatMessage(ChatRole.System, ""), new ChatMessage(ChatRole.User, text)], options);
}
