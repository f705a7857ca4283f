using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

public sealed class ChatClientTests
{
    [Fact]
    public async Task An_answer_tells_where_it_comes_from()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"));
        var answer = await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "acme/small" });

        Assert.Equal("Hi", answer.Text);
        var facts = answer.AdditionalProperties!;
        Assert.Equal("acme", facts[AnswerFacts.Provider]);
        Assert.Equal("small", facts[AnswerFacts.Model]);
        Assert.Equal(1, facts[AnswerFacts.Attempts]);
        Assert.Equal(1L, facts[AnswerFacts.Config]);
        Assert.Equal(32, Assert.IsType<string>(facts[AnswerFacts.RequestId]).Length);
        Assert.False(facts.ContainsKey(AnswerFacts.Dropped));
    }

    [Fact]
    public async Task A_streams_first_update_tells_where_it_comes_from_and_the_others_do_not()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi", " there"));
        var updates = await given.Chat.GetStreamingResponseAsync("Hello").ToListAsync();

        Assert.Equal(["Hi", " there"], updates.Select(update => update.Text));
        Assert.Equal("acme", updates[0].AdditionalProperties![AnswerFacts.Provider]);
        Assert.Null(updates[1].AdditionalProperties);
    }

    [Fact]
    public async Task The_provider_is_asked_for_its_own_model_and_the_callers_options_stay_as_they_are()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(
            client, options => options.Models["fast"] = new() { Targets = [new TargetOptions { Model = "acme/small" }] });
        var options = new ChatOptions { ModelId = "fast", Temperature = 0.5f };
        await given.Chat.GetResponseAsync("Hello", options);

        Assert.Equal("fast", options.ModelId);
        Assert.Null(options.AdditionalProperties);
        var asked = Assert.Single(client.Asked).Options!;
        Assert.Equal("small", asked.ModelId);
        Assert.Equal(0.5f, asked.Temperature);
    }

    [Covers("S001-08")]
    [Fact]
    public async Task Without_a_model_the_first_alias_is_asked_then_the_only_providers_first_model()
    {
        await using var mock = Given.AnEngine(options => options.Providers["mock"] = new());
        await using var aliased = Given.AnEngine(options =>
        {
            options.Providers["mock"] = new();
            options.Models["fast"] = new() { Targets = [new TargetOptions { Model = "mock/mock-model-v2" }] };
        });

        Assert.Equal("mock-model-v1", (await mock.Chat.GetResponseAsync("Hello")).AdditionalProperties![AnswerFacts.Model]);
        Assert.Equal("mock-model-v2", (await aliased.Chat.GetResponseAsync("Hello")).AdditionalProperties![AnswerFacts.Model]);
    }

    [Fact]
    public async Task Without_a_model_and_with_nothing_to_choose_the_way_out_is_named()
    {
        await using var given = Given.AnEngine(null, builder => builder
            .AddProvider("one", new ScriptedClient("1"), null, "a")
            .AddProvider("two", new ScriptedClient("2"), null, "b"));
        var failure = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));

        Assert.Equal(CallErrorKind.InvalidRequest, failure.Error.Kind);
        Assert.Contains("ChatOptions.ModelId", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_model_is_reported_with_near_matches()
    {
        await using var given = Given.AnEngine(options => options.Providers["mock"] = new());
        var failure = await Assert.ThrowsAsync<CallException>(
            () => given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "mok-model-v1" }));

        Assert.Equal(CallErrorKind.ModelNotFound, failure.Error.Kind);
        Assert.Contains("'mock-model-v1'", failure.Message, StringComparison.Ordinal);
    }

    [Covers("S004-38", "S004-45")]
    [Fact]
    public async Task Before_the_first_update_another_target_is_tried()
    {
        var failing = new ScriptedClient(new InvalidOperationException("out of order"));
        var answering = new ScriptedClient("Hi");
        await using var given = Given.AnEngine(FastOverTwo, builder => builder.AddProvider("one", failing).AddProvider("two", answering));
        var updates = await given.Chat.GetStreamingResponseAsync("Hello").ToListAsync();

        Assert.Equal("two", updates[0].AdditionalProperties![AnswerFacts.Provider]);
        Assert.Equal(2, updates[0].AdditionalProperties![AnswerFacts.Attempts]);
        Assert.Single(failing.Asked);
        Assert.Contains(
            given.Log.Lines,
            line => line.Level == LogLevel.Warning && line.Text.Contains("falling back to two/b", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_the_first_update_nothing_is_tried_again_and_the_failure_is_reported()
    {
        var breaking = new ScriptedClient("Hi", new InvalidOperationException("out of order"));
        var other = new ScriptedClient("Hello");
        await using var given = Given.AnEngine(FastOverTwo, builder => builder.AddProvider("one", breaking).AddProvider("two", other));
        var seen = new List<string>();
        var failure = await Assert.ThrowsAsync<CallException>(async () =>
        {
            await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello"))
                seen.Add(update.Text);
        });

        Assert.Equal(["Hi"], seen);
        Assert.Contains("out of order", failure.Message, StringComparison.Ordinal);
        Assert.Empty(other.Asked);
        Assert.Equal(CallOutcome.Failed, Assert.Single(given.Ended).Outcome);
    }

    [Fact]
    public async Task A_stream_left_early_is_closed_and_ends_as_abandoned()
    {
        var client = new ScriptedClient("one", "two", "three");
        await using var given = Given.AnEngineWith(client);
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello"))
            break;

        Assert.Equal(1, client.StreamsClosed);
        Assert.Equal(CallOutcome.Abandoned, Assert.Single(given.Ended).Outcome);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var given = Given.AnEngineWith(new ScriptedClient(_ =>
        {
            asked.SetResult();
            return [TimeSpan.FromMinutes(1), "Hi"];
        }));
        using var leaving = new CancellationTokenSource();
        var answer = given.Chat.GetResponseAsync("Hello", cancellationToken: leaving.Token);
        // The cancellation must end the call, not the start of the engine.
        await asked.Task;
        await leaving.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);

        Assert.Equal(leaving.Token, cancelled.CancellationToken);
        Assert.Equal(CallOutcome.Abandoned, Assert.Single(given.Ended).Outcome);
    }

    [Covers("S001-44")]
    [Fact]
    public async Task A_failure_that_is_already_typed_is_reported_as_it_is()
    {
        var error = new CallError(CallErrorKind.UpstreamRateLimited, "Slow down.") { Provider = "acme", Code = "too_fast" };
        await using var given = Given.AnEngineWith(new ScriptedClient(new CallException(error)));
        var failure = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));

        Assert.Equal((error.Kind, error.Message, error.Code), (failure.Error.Kind, failure.Error.Message, failure.Error.Code));
    }

    [Fact]
    public async Task An_answer_without_a_message_is_a_failure()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient());
        var failure = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));

        Assert.Equal("Provider returned an empty response", failure.Message);
        Assert.Equal("acme", failure.Error.Provider);
    }

    [Fact]
    public async Task It_can_be_asked_what_it_is()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"));
        using var client = new SwitchyardChatClient(given.Engine, "acme/small");

        Assert.Same(given.Engine, client.GetService<SwitchyardEngine>());
        Assert.Same(client, client.GetService<IChatClient>());
        Assert.Equal("acme/small", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Null(client.GetService(typeof(SwitchyardEngine), "key"));
        Assert.Null(client.GetService<string>());
    }

    [Fact]
    public async Task Disposing_a_client_leaves_the_engine_working()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"));
        new SwitchyardChatClient(given.Engine).Dispose();

        Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello")).Text);
    }

    [Fact]
    public async Task Over_http_it_gives_the_same_facts_and_names_what_was_dropped()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(
            options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Models = ["some-model"] });
        var answer = await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "up/some-model", TopK = 3 });

        Assert.Equal("Hello there!", answer.Text);
        Assert.Equal(12, answer.Usage!.TotalTokenCount);
        Assert.Equal("up", answer.AdditionalProperties![AnswerFacts.Provider]);
        Assert.Contains("\"model\":\"some-model\"", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_client_in_this_process_keeps_of_its_answer_stays_as_it_gave_it(bool stream)
    {
        var canned = new CannedClient();
        await using var given = Given.AnEngineWith(canned);
        var ids = new HashSet<object?>();
        for (var time = 0; time < 2; time++)
        {
            var facts = stream
                ? (await given.Chat.GetStreamingResponseAsync("Hello").ToListAsync())[0].AdditionalProperties!
                : (await given.Chat.GetResponseAsync("Hello")).AdditionalProperties!;
            Assert.Equal("it", facts["mine"]);
            Assert.True(ids.Add(facts[AnswerFacts.RequestId]));
        }

        Assert.Equal("mine", Assert.Single(canned.Answer.AdditionalProperties!.Keys));
        Assert.Equal("mine", Assert.Single(canned.Update.AdditionalProperties!.Keys));
    }

    private static void FastOverTwo(SwitchyardOptions options) =>
        options.Models["fast"] =
            new() { Targets = [new TargetOptions { Model = "one/a" }], Fallback = [new TargetOptions { Model = "two/b" }] };

    /// <summary>Returns the same objects to every caller.</summary>
    private sealed class CannedClient : IChatClient
    {
        public ChatResponse Answer { get; } =
            new(new ChatMessage(ChatRole.Assistant, "Hi")) { AdditionalProperties = new() { ["mine"] = "it" } };

        public ChatResponseUpdate Update { get; } = new(ChatRole.Assistant, "Hi") { AdditionalProperties = new() { ["mine"] = "it" } };

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(Answer);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            yield return Update;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
