using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Buffer and continuation hold for providers in this process as for those over HTTP.</summary>
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
    public async Task Without_either_it_ends_in_its_error()
    {
        await using var given = GivenTwo(_ => { });

        await Assert.ThrowsAsync<CallException>(() => AskAsync(given));
        Assert.Empty(_answers.Asked);
    }

    private Given GivenTwo(Action<ModelRouteOptions> configure) => Given.AnEngine(
        options =>
        {
            options.Models["fast"] = new() { Targets = [new() { Model = "one/m" }, new() { Model = "two/m" }] };
            configure(options.Models["fast"]);
        },
        builder => builder.AddProvider("one", _breaks, null, "m").AddProvider("two", _answers, null, "m"));

    private static async Task<string> AskAsync(Given given)
    {
        var text = "";
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello", new() { ModelId = "fast" }))
            text += update.Text;
        return text;
    }
}
