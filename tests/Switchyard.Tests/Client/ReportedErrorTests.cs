using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>
/// Clients of Microsoft.Extensions.AI return an error event of a stream as content, after updates without any, and end normally.
/// </summary>
public sealed class ReportedErrorTests
{
    private static readonly ErrorContent s_tooBusy = new("Too busy.") { ErrorCode = "rate_limit_exceeded" };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_error_in_place_of_an_answer_leads_to_the_next_target(bool stream)
    {
        using var first = new ScriptedClient("", s_tooBusy, new UsageContent(new UsageDetails { InputTokenCount = 7 }));
        using var next = new ScriptedClient("from the next");
        await using var given = GivenTwo(first, next);

        Assert.Equal("from the next", (await AskAsync(given.Chat, "fast", stream)).Text);

        Assert.Single(first.Asked);
        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, "one/a", stream))).Error;
        Assert.Equal(
            (CallErrorKind.UpstreamRateLimited, 429, "rate_limit_exceeded", "one"),
            (error.Kind, error.UpstreamStatus, error.Code, error.Provider));
        Assert.Contains("Too busy.", error.Message, StringComparison.Ordinal);
        Assert.Equal(7, given.Ended[^1].Usage.Input);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_before_any_content_leads_to_the_next_target()
    {
        using var first = new ScriptedClient("", "", new InvalidOperationException("out of order"));
        using var next = new ScriptedClient("from the next");
        await using var given = GivenTwo(first, next);

        var updates = await given.Chat.GetStreamingResponseAsync("Hello", new ChatOptions { ModelId = "fast" }).ToListAsync();

        Assert.Equal("from the next", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal("two", updates[0].AdditionalProperties![AnswerFacts.Provider]);
    }

    [Fact]
    public async Task What_a_stream_has_used_before_any_content_is_counted_if_it_breaks_off()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("", Used(), new InvalidOperationException("out of order")));

        await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, null, stream: true));

        Assert.Equal(7, Assert.Single(given.Ended).Usage.Input);
    }

    [Fact]
    public async Task What_a_stream_has_used_before_any_content_is_counted_if_its_caller_leaves()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("", Used(), "Hi"));
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello"))
            break;

        var ended = Assert.Single(given.Ended);
        Assert.Equal(CallOutcome.Abandoned, ended.Outcome);
        Assert.Equal(7, ended.Usage.Input);
    }

    [Fact]
    public async Task Updates_without_content_before_the_answer_are_given_too()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("", "", "Hi"));

        var updates = await given.Chat.GetStreamingResponseAsync("Hello").ToListAsync();

        Assert.Equal(["", "", "Hi"], updates.Select(update => update.Text));
        Assert.Equal("acme", updates[0].AdditionalProperties![AnswerFacts.Provider]);
        Assert.Equal(CallOutcome.Finished, Assert.Single(given.Ended).Outcome);
    }

    [Fact]
    public async Task An_error_at_the_end_of_a_stream_breaks_it_off()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Half an", s_tooBusy));
        var seen = "";

        var error = (await Assert.ThrowsAsync<CallException>(async () =>
        {
            await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello"))
                seen += update.Text;
        })).Error;

        Assert.Equal("Half an", seen);
        Assert.Contains("Too busy.", error.Message, StringComparison.Ordinal);
        Assert.Equal(CallOutcome.Failed, Assert.Single(given.Ended).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_error_after_which_the_client_goes_on_is_a_part_of_its_answer(bool stream)
    {
        await using var given = Given.AnEngineWith(new ScriptedClient(s_tooBusy, "Noon."));

        var answer = await AskAsync(given.Chat, null, stream);

        Assert.Equal("Noon.", answer.Text);
        Assert.Contains(s_tooBusy, answer.Messages.SelectMany(message => message.Contents));
        Assert.Equal(CallOutcome.Finished, Assert.Single(given.Ended).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_is_an_answer(bool stream)
    {
        await using var given = Given.AnEngineWith(new ScriptedClient(new ErrorContent("I cannot.") { ErrorCode = "Refusal" }));

        var answer = await AskAsync(given.Chat, null, stream);

        Assert.Equal("I cannot.", Assert.Single(answer.Messages.SelectMany(message => message.Contents).OfType<ErrorContent>()).Message);
        Assert.Equal(CallOutcome.Finished, Assert.Single(given.Ended).Outcome);
    }

    [Fact]
    public async Task An_answer_that_is_made_in_the_background_is_asked_for_with_its_token()
    {
        using var client = new BackgroundClient();
        await using var given = Given.AnEngineWith(client);
        var options = new ChatOptions { AllowBackgroundResponses = true };

        var begun = await given.Chat.GetResponseAsync("Go", options);
        options.ContinuationToken = begun.ContinuationToken;
        var done = await given.Chat.GetResponseAsync([], options);

        Assert.Empty(begun.Messages);
        Assert.Equal("acme", begun.AdditionalProperties![AnswerFacts.Provider]);
        Assert.Equal("Done.", done.Text);
        Assert.All(given.Ended, ended => Assert.Equal(CallOutcome.Finished, ended.Outcome));
    }

    private static UsageContent Used() => new(new UsageDetails { InputTokenCount = 7, OutputTokenCount = 1, TotalTokenCount = 8 });

    private static Given GivenTwo(IChatClient first, IChatClient next) => Given.AnEngine(
        options => options.Models["fast"] = new ModelRouteOptions
        {
            Targets = [new TargetOptions { Model = "one/a" }, new TargetOptions { Model = "two/b" }],
        },
        builder => builder.AddProvider("one", first).AddProvider("two", next));

    private static async Task<ChatResponse> AskAsync(IChatClient client, string? model, bool stream)
    {
        var options = new ChatOptions { ModelId = model };
        return stream
            ? await client.GetStreamingResponseAsync("Hello", options).ToChatResponseAsync()
            : await client.GetResponseAsync("Hello", options);
    }

    /// <summary>Returns a token first, and the answer to who asks with it.</summary>
    private sealed class BackgroundClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(options?.ContinuationToken is null
                ? new ChatResponse { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) }
                : new ChatResponse(new ChatMessage(ChatRole.Assistant, "Done.")));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
