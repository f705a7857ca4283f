using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Buffer and continuation work for in-process providers as for those over HTTP.</summary>
public sealed class BrokenStreamTests : IDisposable
{
    private readonly ScriptedClient _breaks = new("The quick", " brown", new HttpRequestException("gone"));
    private readonly ScriptedClient _answers = new("brown", " fox");

    public void Dispose()
    {
        _breaks.Dispose();
        _answers.Dispose();
    }

    [Fact]
    public async Task A_stream_that_breaks_off_within_the_buffer_was_never_begun()
    {
        await using var given = GivenTwo(route => route.Buffer = new() { Chunks = 20 });

        Assert.Equal("brown fox", await AskAsync(given));
        Assert.Single(_answers.Asked[0].Messages);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_later_is_continued()
    {
        await using var given = GivenTwo(route => route.Continuation = true);

        Assert.Equal("The quick brown fox", await AskAsync(given));
        Assert.Equal(
            [ChatRole.User, ChatRole.Assistant, ChatRole.User], _answers.Asked[0].Messages.Select(message => message.Role));
        Assert.Equal("The quick brown", _answers.Asked[0].Messages[1].Text);
        Assert.Equal(1, _breaks.StreamsClosed);
    }

    [Fact]
    public async Task A_stream_that_reports_its_error_as_content_is_continued_too()
    {
        using var reports = new ScriptedClient(
            "The quick", " brown", new ErrorContent("Too busy.") { ErrorCode = "rate_limit_exceeded" });
        await using var given = GivenTwo(route => route.Continuation = true, reports);

        Assert.Equal("The quick brown fox", await AskAsync(given));
    }

    [Fact]
    public async Task Without_either_it_ends_in_its_error()
    {
        await using var given = GivenTwo(_ => { });

        await Assert.ThrowsAsync<CallException>(() => AskAsync(given));
        Assert.Empty(_answers.Asked);
    }

    [Fact]
    public async Task A_stream_that_trickles_is_held_for_thirty_seconds_at_most_and_can_be_left_while_it_is_waited_for()
    {
        var clock = new TestClock();
        using var trickles = new ScriptedClient("The", Timeout.InfiniteTimeSpan);
        await using var given = Given.AnEngineWith(
            trickles,
            options => options.Models["fast"] = new() { Targets = [new() { Model = "acme/small" }], Buffer = new() { Chunks = 20 } },
            builder => builder.Services.AddSingleton<TimeProvider>(clock));
        await using (var updates = given.Chat.GetStreamingResponseAsync("Hello", new() { ModelId = "fast" }).GetAsyncEnumerator())
        {
            var first = updates.MoveNextAsync().AsTask();
            // The timer wheel, and the time of the buffer.
            await clock.WaitForTimersAsync(2);
            clock.Advance(TimeSpan.FromSeconds(29));
            Assert.False(first.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.True(await first);
            Assert.Equal("The", updates.Current.Text);
        }

        Assert.Equal(1, trickles.StreamsClosed);
    }

    private Given GivenTwo(Action<ModelRouteOptions> configure, ScriptedClient? breaks = null) => Given.AnEngine(
        options =>
        {
            options.Models["fast"] = new() { Targets = [new() { Model = "one/m" }, new() { Model = "two/m" }] };
            configure(options.Models["fast"]);
        },
        builder => builder.AddProvider("one", breaks ?? _breaks, null, "m").AddProvider("two", _answers, null, "m"));

    private static async Task<string> AskAsync(Given given)
    {
        var text = "";
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello", new() { ModelId = "fast" }))
            text += update.Text;
        return text;
    }
}
